"""What can an operator set, and where does its value come from?

`Settings` is a tree of sections, one for each part of the server, which gets its section and no more. `load_settings`
resolves it once at the start: defaults < file < environment (`KAIKOU_…`) < flags. docs/settings.md lists all of it.
"""

from server.settings.environment import ignored_variables as ignored_variables
from server.settings.load import load_settings as load_settings
from server.settings.tree import Settings as Settings
