"""Studies: trials, the store they are kept in, the workers that evaluate them, and the search loop that joins them.

`search` does it all in one call; `Study` in steps. How architectures are proposed is `symnas.searchers`' business, how
they are trained `symnas.training`'s, how progress is drawn `symnas.command`'s.
"""

from symnas.study.evaluation import Evaluate
from symnas.study.hands import OpenTrial
from symnas.study.progress import Progress, Standing
from symnas.study.runs import Run, Stopped
from symnas.study.searching import begin, search
from symnas.study.spaces import Candidate, StudySpace
from symnas.study.storage import SavedStudy, Storage, StudyRecord
from symnas.study.study import AHEAD, NAME, SEARCHER, Study
from symnas.study.trial import Trial, TrialState

__all__ = [
    "AHEAD",
    "NAME",
    "SEARCHER",
    "Candidate",
    "Evaluate",
    "OpenTrial",
    "Progress",
    "Run",
    "SavedStudy",
    "Standing",
    "Stopped",
    "Storage",
    "Study",
    "StudyRecord",
    "StudySpace",
    "Trial",
    "TrialState",
    "begin",
    "search",
]
