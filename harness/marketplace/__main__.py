"""Run Home Assistant with another server than GitHub: __main__.py URL [arguments of homeassistant]."""

import sys

from homeassistant.__main__ import main as run_home_assistant
from homeassistant.components.marketplace.profiles import DEFAULT_PROFILE, PROFILES, DownloadProfile


def main() -> int:
    """Replace the default profile of the Marketplace, and run Home Assistant."""
    url = sys.argv.pop(1)
    PROFILES[DEFAULT_PROFILE] = DownloadProfile(
        id=DEFAULT_PROFILE,
        operator="harness/github.py",
        api=f"{url}/api",
        uses_github_account=True,
        github=url,
        raw=f"{url}/raw",
        catalog=f"{url}/catalog",
    )
    return run_home_assistant()


if __name__ == "__main__":
    sys.exit(main())
