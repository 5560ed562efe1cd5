"""The demo: a store to try, filled by walking through the portal as its customer would."""
