"""A hand at the keyboard and the mouse whose clicks, keys and pastes are counted."""

import base64
from dataclasses import dataclass

from playwright.sync_api import Locator, Page

_PASTE_TEXT = """text => {
  const data = new DataTransfer();
  data.setData('text/plain', text);
  const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
  return (document.activeElement || document.body).dispatchEvent(event);
}"""
_PASTE_PICTURE = """content => {
  const bytes = Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], 'image.png', { type: 'image/png' }));
  const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
  (document.activeElement || document.body).dispatchEvent(event);
}"""


@dataclass
class Counted:
    """A paste is one press of Ctrl+V."""

    page: Page
    clicks: int = 0
    keys: int = 0
    pastes: int = 0

    def click(self, target: Locator) -> None:
        self.clicks += 1
        target.click()

    def type(self, text: str) -> None:
        self.keys += len(text)
        self.page.keyboard.type(text)

    def paste_text(self, text: str) -> bool:
        """Whether the browser's own paste still happens."""
        self.pastes += 1
        return bool(self.page.evaluate(_PASTE_TEXT, text))

    def paste_picture(self, content: bytes) -> None:
        self.pastes += 1
        self.page.evaluate(_PASTE_PICTURE, base64.b64encode(content).decode())
