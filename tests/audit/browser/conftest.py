"""What the tests of the second implementation stand on."""

from tests.audit.browser.asked import node

__all__ = ["node"]
