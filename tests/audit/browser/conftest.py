"""What the tests of the second implementation stand on."""

from tests.audit.browser.asked import chromium, node

__all__ = ["chromium", "node"]
