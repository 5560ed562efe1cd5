"""Two ways to use a page: with a pointer, or with the keyboard alone."""

from pathlib import Path

from playwright.sync_api import Locator, Page

MOST_TABS = 150
"""Stops on a page before a control counts as out of the keyboard's reach."""


class Pointer:
    """Clicks."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, control: Locator) -> None:
        """A button, a link, a summary, a box to tick."""
        control.click()

    def write(self, field: Locator, text: str) -> None:
        """Replace what stands in a field."""
        field.fill(text)

    def choose(self, field: Locator, value: str) -> None:
        """An option of a select."""
        field.select_option(value)

    def give(self, field: Locator, file: Path) -> None:
        """A file."""
        with self.page.expect_file_chooser() as chooser:
            field.click()
        chooser.value.set_files(file)


class Keyboard(Pointer):
    """Tab, Enter, Space and letters: nothing is clicked."""

    def reach(self, control: Locator) -> None:
        """Go with Tab, or back with Shift, to the control; the focus must be seen there."""
        control.wait_for()
        back = control.evaluate(
            "one => document.activeElement !== document.body"
            " && !!(one.compareDocumentPosition(document.activeElement) & 4)"
        )
        for _ in range(MOST_TABS):
            if control.evaluate("one => one === document.activeElement"):
                assert control.evaluate("one => one.matches(':focus-visible')")
                return
            self.page.keyboard.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"{control} cannot be reached with the Tab key")

    def press(self, control: Locator) -> None:
        self.reach(control)
        box = control.evaluate("one => ['checkbox', 'radio'].includes(one.type)")
        self.page.keyboard.press("Space" if box else "Enter")

    def write(self, field: Locator, text: str) -> None:
        self.reach(field)
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(text)

    def choose(self, field: Locator, value: str) -> None:
        self.reach(field)
        words = field.locator(f"option[value='{value}']").inner_text()
        self.page.keyboard.type(words)

    def give(self, field: Locator, file: Path) -> None:
        self.reach(field)
        with self.page.expect_file_chooser() as chooser:
            self.page.keyboard.press("Space")
        chooser.value.set_files(file)
