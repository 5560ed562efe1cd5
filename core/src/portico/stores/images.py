"""Pictures that sellers upload: made anew as plain PNG, so that nothing else comes with them."""

import asyncio
import hashlib
import io
import warnings
from datetime import timedelta

from portico.actors import actor
from portico.errors import PorticoError
from portico.events import service as events
from portico.i18n import N_
from portico.runtime import Runtime
from portico.stores import queries
from portico.stores.models import StoreImage

LARGEST = 2 * 1024 * 1024
"""Bytes of an upload."""
LONGEST_SIDE = 4000
"""Pixels of an upload."""
KEPT_SIZE = (1200, 400)
"""Pixels that are kept at most: enough for a logo on any screen."""
KEEP_UNUSED = timedelta(days=365)
"""How long a picture stays that was replaced: the mails of that time still show it."""
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


class BadImage(PorticoError, ValueError):
    """The file cannot be used; the message (``N_``) says why."""


async def add(rt: Runtime, store_id: str, content: bytes, *, by: str) -> str:
    """Keep a picture for the store; returns its path on this site. BadImage."""
    png = await asyncio.to_thread(as_png, content)
    image_id = hashlib.sha256(png).hexdigest()[:32]
    actor_type, actor_id = actor(by)
    async with rt.db.transaction():
        await rt.db.run(
            queries.ADD_IMAGE,
            store_id=store_id,
            id=image_id,
            content=png,
            created_at=rt.clock.now(),
            unused_since=None,
        )
        await events.audit(
            rt, store_id=store_id, actor_type=actor_type, actor_id=actor_id,
            action="store.image", subject_type="image", subject_id=image_id,
        )  # fmt: skip
    return f"/static/image/{store_id}/{image_id}.png"


async def get(rt: Runtime, store_id: str, image_id: str) -> StoreImage | None:
    """A picture of the store."""
    return await rt.db.one(queries.IMAGE, store_id=store_id, id=image_id)


async def collect(rt: Runtime) -> None:
    """Note which pictures no store's theme shows any more, and delete those of long ago."""
    now = rt.clock.now()
    for one in await rt.db.all(queries.IMAGE_USES):
        used = any(one.id in str(value) for value in one.theme_settings.values())
        if used != (one.unused_since is None):
            since = None if used else now
            await rt.db.run(
                queries.MARK_IMAGE, store_id=one.store_id, id=one.id, unused_since=since
            )
    await rt.db.run(queries.DROP_IMAGES, before=now - KEEP_UNUSED)


def as_png(content: bytes) -> bytes:
    """The picture alone, no larger than ``KEPT_SIZE``. BadImage for what is none or too large."""
    if len(content) > LARGEST:
        raise BadImage(N_("This file is larger than 2 MB. Make the picture smaller."))
    if not content:
        raise BadImage(N_("Choose a file."))
    # A process that never gets a picture does without its 3 MB.
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
                if max(opened.size) > LONGEST_SIDE:  # known before anything is unpacked
                    raise BadImage(N_("This picture is larger than 4000 pixels. Make it smaller."))
                picture = ImageOps.exif_transpose(opened).convert("RGBA")
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise BadImage(N_("This picture is larger than 4000 pixels. Make it smaller.")) from None
    except UnidentifiedImageError:
        raise BadImage(_refusal(content)) from None
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        if isinstance(error, BadImage):
            raise
        raise BadImage(N_("This picture is damaged. Save it again and choose it anew.")) from None
    picture.thumbnail(KEPT_SIZE)
    picture.info.clear()  # neither places nor names of cameras
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _refusal(content: bytes) -> str:
    if b"<svg" in content[:4096].lower():
        return N_("An SVG can carry a program. Save it as PNG and choose that.")
    return N_("This is no picture. Choose a PNG, JPEG, WebP or GIF file.")
