"""Work that is made of many items: done in one process, over processes or on a cluster, and kept as it is finished."""
