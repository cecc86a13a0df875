"""The donations data of Fader, Hardie, Shang 2010: 11,104 people, six yearly opportunities.

Each line: reads x, last read t, people. The data and a worked example are public in Hardie's
technical note 010 on brucehardie.com.
"""

import numpy as np

from regulars.stats.cells import Cells

_TABLE = """
0 0 3464; 1 1 1091; 1 2 277; 1 3 129; 1 4 78; 1 5 119; 1 6 129; 2 2 613; 2 3 255; 2 4 155;
2 5 173; 2 6 234; 3 3 322; 3 4 181; 3 5 225; 3 6 357; 4 4 240; 4 5 284; 4 6 512; 5 5 335;
5 6 728; 6 6 1203
"""


def donations() -> Cells:
    rows = np.array([[int(word) for word in row.split()] for row in _TABLE.split(";")])
    return Cells(rows[:, 0], rows[:, 1], np.full(len(rows), 6), weight=rows[:, 2])
