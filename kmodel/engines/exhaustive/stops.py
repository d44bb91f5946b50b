"""What the compiled loop says when it stops: a status, and in numbered fields where it stopped and what it lacks.

A shard has one row of these fields. Rows of the same fields tell of each thing that was found missing.
"""

DONE = 0  # the states up to the last were expanded
FULL = 1  # a bucket may have no room for the successors of another state
NEEDS_FILL = 2  # a list, or the change of a block, is to be made, and other threads may be reading these
MISS = 3  # a trie ends: nobody knows what ASKED says in the state (or, of a step, with the leaf SUBJECT)
MISS_UPDATE = 4  # nobody knows what the update ASKED makes of the value SUBJECT
GROW = 5  # some array has no room left
REPACK = 6  # a block has more values than its place in the words can tell apart
MISSING = 7  # so many as MISSES tells things are not known; each has a row of its own

STATUS, STATE, ASKED, SUBJECT, ENTRY, NODE, VALUE, MISSES = range(8)
FIELDS = 8
# STATE: where to resume. ENTRY: the block value whose list was being worked on. NODE and VALUE: the node and the value
# whose branch is not known, or UNKNOWN where there is a branch that leads nowhere yet.
