"""The alternating bit protocol (Bartlett, Scantlebury and Wilkinson, 1969) over two channels of one frame that may
lose it."""

import attrs

from kmodel.kernel import Cell, Cluster, Fairness, Model, always_eventually, invariant, leads_to, transition

SENDER: Cell[int] = Cell("sender")  # the bit of the message that is sent until it is acknowledged
RECEIVER: Cell[int] = Cell("receiver")  # the bit of the message that is waited for
FRAME: Cell[int | None] = Cell("frame")  # on its way to the receiver
ACKNOWLEDGEMENT: Cell[int | None] = Cell("acknowledgement")  # on its way to the sender
LOSSES: Cell[int | None] = Cell("losses")  # that may still happen; None: any number


@transition(actor="sender")
def send(cluster: Cluster) -> Cluster | None:
    """The sender sends the message, again if need be."""
    return cluster.set(FRAME, cluster[SENDER]) if cluster[FRAME] is None else None


@transition(actor="receiver")
def receive(cluster: Cluster) -> Cluster | None:
    """The receiver takes a frame, delivers it if it is new, and acknowledges it in any case."""
    bit = cluster[FRAME]
    if bit is None or cluster[ACKNOWLEDGEMENT] is not None:
        return None
    if bit == cluster[RECEIVER]:
        cluster = cluster.set(RECEIVER, 1 - bit)
    return cluster.set(FRAME, None).set(ACKNOWLEDGEMENT, bit)


@transition(actor="sender")
def receive_acknowledgement(cluster: Cluster) -> Cluster | None:
    """The sender goes on to the next message if the acknowledgement is of this one."""
    bit = cluster[ACKNOWLEDGEMENT]
    if bit is None:
        return None
    if bit == cluster[SENDER]:
        cluster = cluster.set(SENDER, 1 - bit)
    return cluster.set(ACKNOWLEDGEMENT, None)


def _lost(cluster: Cluster, channel: Cell[int | None]) -> Cluster | None:
    left = cluster[LOSSES]
    if cluster[channel] is None or left == 0:
        return None
    return cluster.set(channel, None).set(LOSSES, None if left is None else left - 1)


@transition(actor="network", environment=True)
def lose_frame(cluster: Cluster) -> Cluster | None:
    """The network loses a frame."""
    return _lost(cluster, FRAME)


@transition(actor="network", environment=True)
def lose_acknowledgement(cluster: Cluster) -> Cluster | None:
    """The network loses an acknowledgement."""
    return _lost(cluster, ACKNOWLEDGEMENT)


@invariant
def no_message_is_skipped(cluster: Cluster) -> bool:
    """No acknowledgement of the message being sent is on its way before the message is delivered."""
    return cluster[SENDER] != cluster[RECEIVER] or cluster[ACKNOWLEDGEMENT] != cluster[SENDER]


@leads_to(lambda cluster: cluster[SENDER] == cluster[RECEIVER] == 0, lambda cluster: cluster[RECEIVER] == 1)
def a_message_is_delivered() -> None:
    """A message that is not delivered yet is delivered."""


@always_eventually
def a_next_message_is_sent(cluster: Cluster) -> bool | str:
    """Again and again the sender begins with another message."""
    return cluster[SENDER] == 1 or "the message is sent again and again"


def model(fairness: Fairness, losses: int | None) -> Model:
    """Return the model, with the fairness of receiving what was sent, and the number of losses (None: any)."""
    received = (attrs.evolve(action, fairness=fairness) for action in (receive, receive_acknowledgement))
    initial = Cluster.of({SENDER: 0, RECEIVER: 0, FRAME: None, ACKNOWLEDGEMENT: None, LOSSES: losses})
    actions = tuple(action.bind() for action in (send, *received, lose_frame, lose_acknowledgement))
    specs = (no_message_is_skipped, a_message_is_delivered, a_next_message_is_sent)
    return Model((initial,), actions, specs, "alternating-bit")
