"""What a kind of object is: one value beside its class; what an object can do itself, its class says."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, Protocol, TypeVar

import attrs

from kmodel.kernel import Rank
from kmodel.kubernetes.manifests.field import Fields
from kmodel.kubernetes.objects.container import Need
from kmodel.kubernetes.objects.meta import ObjectMeta, key

MOST_PODS = 26  # of a workload: generated names differ in a letter, of which one is for a pod that is going away


class Part(Protocol):
    """A part of an object, as the body of a patch: it replaces that part and nothing else."""

    def onto(self, stored: Any) -> Any:
        """Return the stored object with this part; None if it must not become so."""


class ApiObject:
    """What all API objects have; the defaults are those of a kind that the api-server treats like any other."""

    __slots__ = ()

    @property
    def kind(self) -> str:
        """The name of the kind: an attribute of the class, or of the object where a class serves several kinds."""
        raise NotImplementedError(f"{type(self).__name__} does not say of which kind it is; give it a kind")

    @property
    def metadata(self) -> ObjectMeta:
        """Name, identity and version."""
        raise NotImplementedError(f"{type(self).__name__} has no metadata; give it an attribute `metadata: ObjectMeta`")

    @property
    def node(self) -> str | None:
        """The node that a watch on `spec.nodeName` selects the object by."""
        return None

    @property
    def desired(self) -> Any:
        """What a change of makes another generation of the object; None if its kind counts no generations."""
        return None

    @property
    def terminal(self) -> bool:
        """Whether it has ended for good, as a pod in a final phase has."""
        return False

    def manifest_sections(self) -> dict[str, Any] | None:
        """Return spec and status as a manifest has them; None where the fields are named and placed as there."""
        return None

    @property
    def deletes_owners(self) -> bool:
        """Whether its controller deletes what owns other objects."""
        return False

    def defaulted(self) -> Any:
        """Return the object with what its manifest may leave out filled in."""
        return self

    def errors(self) -> Iterable[str]:
        """Return what is wrong with the object, in the api-server's manner: the field, and why."""
        return ()

    def created(self) -> Any:
        """Return the object as it is when it is new: what a POST of it cannot say."""
        return self

    def replacing(self, stored: Any) -> Any:
        """Return what becomes of the object when it replaces a stored one: what a PUT of it leaves as it was."""
        return self

    def update_errors(self, stored: Any) -> Iterable[str]:
        """Return what the object must not change of a stored one that it replaces."""
        return ()

    def resize_errors(self, stored: Any) -> Iterable[str]:
        """Return what a resize must not change of a stored object: all, unless its kind can be resized."""
        return ("spec: Forbidden: it cannot be resized",)

    def with_status(self, other: Any) -> Any:
        """Return the object with another one's status: what a PUT of its status makes of it."""
        return attrs.evolve(self, status=other.status)  # type: ignore[misc]

    def grace_seconds(self, asked: int | None) -> int:
        """Return how long a deletion waits for what runs: 0, unless something does."""
        return 0

    @property
    def is_held(self) -> bool:
        """Whether something beside the finalizers of its metadata keeps it while it is being deleted."""
        return False

    @property
    def is_graceful(self) -> bool:
        """Whether its kind has grace periods, so that a deletion without one marks the object before it removes it."""
        return False

    def within(self, limits: Sequence[Any]) -> Any:
        """Return the object with what the limits of its namespace fill in, or the sentence that it is outside them."""
        return self

    def takes(self, what: str) -> int | None:
        """Return how much it takes of what a quota limits; None if it must say so and does not."""
        return 0

    def summary(self) -> str:
        """Return in a few words what matters of the object to those who watch it."""
        return "as it is"

    def columns(self) -> tuple[tuple[str, str], ...]:
        """Return what `kubectl get -o wide` shows of the object beside its name: a heading and a text for each column.

        Left out: ages and addresses, which the model does not have.
        """
        return (("STATUS", "Terminating" if self.metadata.deleting else self.summary()),)

    def reached(self, wait: str) -> bool:
        """Tell whether the object is as `kubectl wait` is to wait for; a kind without such a state always is."""
        return True

    @property
    def admission_needs(self) -> tuple[Need, ...]:
        """Those of the objects that it names without which it is refused."""
        return ()

    @property
    def needs(self) -> tuple[Need, ...]:
        """The objects that it names and that must be there."""
        return ()

    @property
    def pods_wanted(self) -> int:
        """How many pods it wants by a number that its manifest says; 0 if by none."""
        return 0

    def at_most(self, pods: int) -> Any:
        """Return the object that wants at most so many pods."""
        return self

    def templates(self) -> tuple["Template", ...]:
        """Return what is made from the object, under generated names."""
        return ()

    def ending(self, ready: int) -> tuple[str, bool]:
        """Return what `kubectl get` shows of an object with so many pods that are ready, and whether that is well."""
        wanted = copies_in_all(self)
        return f"{ready}/{wanted}", ready >= wanted


@attrs.frozen(eq=False)
class Template:
    """What objects made from another one look like, and how many of them it wants at once.

    `object.metadata.generate_name` is what their names begin with. Where `content` is given, a name stands for it: one
    object is made of each, and `named` returns it under the end of its name. Where `names` are, these are the objects'
    names, and none is generated. Of what is `per_node`, as many are wanted on each node.
    """

    object: ApiObject
    copies: int = 1
    content: Any = None
    named: Callable[[str], ApiObject] | None = None
    names: tuple[str, ...] = ()
    per_node: bool = False

    @property
    def prefix(self) -> str:
        """What the keys of the made objects begin with."""
        metadata = self.object.metadata
        return key(metadata.generate_name, metadata.namespace)

    @property
    def called(self) -> str:
        """How a message names what is made: by its name, or what that begins with."""
        return self.names[0] if self.names else self.prefix


def all_templates(value: ApiObject) -> Iterator[Template]:
    """Yield the templates of an object, and those of what is made from them."""
    for template in value.templates():
        yield template
        yield from all_templates(template.object)


def copies_in_all(value: ApiObject) -> int:
    """Return how many objects an object wants that nothing more is made from: the pods of a workload."""
    return sum(template.copies * (copies_in_all(template.object) or 1) for template in value.templates())


ObjectT = TypeVar("ObjectT", bound=ApiObject)
Reader = Callable[[Fields, list[str]], Any]


@attrs.frozen(eq=False)
class Kind(Generic[ObjectT]):
    """A kind of object: how manifests, URLs and `kubectl` name it, its class, and how its objects are tied to others.

    `read` makes an object of a manifest and notes the fields that are left out (None: users write no manifests of it).
    `makes` are the resources whose objects may have one of this kind as their owner; `mentions` are others whose UIDs
    or versions it may hold. `named_after` is the resource whose objects each may have one of this kind, by their name.
    `starts` gives the objects that are there from the start, one for each name. Of a kind that `may_be_around`, an
    object that no step of a Scenario names is there from the start to the end.
    """

    kind: str
    api_version: str
    resource: str
    cls: type[ObjectT]
    read: Reader | None = None
    short_names: tuple[str, ...] = ()
    namespaced: bool = True
    reads_status: bool = False
    may_be_around: bool = False
    is_machine: bool = False  # each stands for a machine, and a scenario says apart from its manifests which there are
    phases: tuple[str, ...] = ()  # what `kubectl wait` can wait for,
    conditions: tuple[str, ...] | None = ()  # and of these; None for any, since its controller says which there are
    makes: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    named_after: str | None = None
    starts: Callable[[str], ObjectT] | None = None
    singular: str = attrs.field()

    @singular.default
    def _lower_case(self) -> str:
        return self.kind.lower()


def resource_name(of: Kind[Any] | str) -> str:
    """Return the resource of a kind; the name of a resource stands for itself."""
    return of if isinstance(of, str) else of.resource


def scope(what: str, singular: str, key: str) -> str:
    """Return the scope of the ranks of one object: of its UIDs, its versions, or its renewals."""
    return f"{what} of {singular}/{key}"


def generations(singular: str, key: str) -> str:
    """Return the scope of the generations of one object."""
    return scope("generation", singular, key)


def renewals(node: str) -> str:
    """Return the scope of the renewals of a node's lease."""
    return scope("renewal", "lease", node)


FIRST = 1  # the number of the first rank of a scope


def first(of: str) -> Rank:
    """Return the first rank of a scope."""
    return Rank(of, FIRST)
