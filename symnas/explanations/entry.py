"""What an explanation of an error code holds."""

from attrs import frozen

__all__ = ["Explanation"]


@frozen
class Explanation:
    """One kind of mistake: *title* in a few words, *meaning* in sentences, a smallest *wrong* program, in which *message*
    stands at line and column *at*, and the *right* one that it is repaired to.

    Where no single text can show it, *elsewhere* says what does.
    """

    code: str
    title: str
    meaning: str
    wrong: str = ""
    at: tuple[int, int] = (1, 1)
    message: str = ""
    right: str = ""
    elsewhere: str = ""
