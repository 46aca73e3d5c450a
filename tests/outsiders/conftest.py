"""Other people's tools, which need Go: without it CI fails, and elsewhere nothing is collected."""

import os
import shutil

collect_ignore_glob = [] if shutil.which("go") or os.environ.get("CI") else ["test_*.py"]
