"""The Qt shell: loop, bridge, manager, proxy, lifecycle."""
