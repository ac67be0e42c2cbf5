# SPDX-License-Identifier: Apache-2.0
"""An open-loop storm for the demo city: people through the doors, devices to their topics, truth beside.

It shares no taxonomy, word list or rule with the product and reads the city file as any outsider would.
"""
