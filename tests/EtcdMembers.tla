---- MODULE EtcdMembers ----
(* What Raft guarantees of the members of etcd, without its messages: counted by TLC beside examples/etcd_members.py.
   Ongaro and Ousterhout, In Search of an Understandable Consensus Algorithm (2014), figure 3. *)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS M, W, MaxElections, MaxCrashes, MaxCuts

VARIABLES state, term, leads, log, committed, write, seen, elections, crashes, cuts

vars == <<state, term, leads, log, committed, write, seen, elections, crashes, cuts>>
budgets == <<elections, crashes, cuts>>

Members == 1..M
Writes == 1..W
Majority(S) == 2 * Cardinality(S) > M
Up == {m \in Members : state[m] = "up"}
Max(S) == CHOOSE x \in S : \A y \in S : y <= x

\* An entry of a log is a term and a write; 0 is what a leader begins its term with.
LastTerm(l) == IF l = <<>> THEN 0 ELSE l[Len(l)][1]
AtMost(l, k) == \/ LastTerm(l) < LastTerm(k)
                \/ LastTerm(l) = LastTerm(k) /\ Len(l) <= Len(k)
WritesIn(l) == {l[i][2] : i \in 1..Len(l)} \ {0}
Known(m) == SubSeq(log[m], 1, committed[m])

Init == /\ state = [m \in Members |-> "up"]
        /\ term = [m \in Members |-> 0]
        /\ leads = [m \in Members |-> FALSE]
        /\ log = [m \in Members |-> <<>>]
        /\ committed = [m \in Members |-> 0]
        /\ write = [w \in Writes |-> "new"]
        /\ seen = {}
        /\ elections = MaxElections
        /\ crashes = MaxCrashes
        /\ cuts = MaxCuts

Elect(m) ==
    /\ state[m] = "up" /\ ~leads[m] /\ elections > 0
    /\ Majority({v \in Up : AtMost(log[v], log[m])})
    /\ LET new == 1 + Max({term[v] : v \in Up})
       IN /\ term' = [v \in Members |-> IF v \in Up THEN new ELSE term[v]]
          /\ log' = [log EXCEPT ![m] = Append(@, <<new, 0>>)]
    /\ leads' = [v \in Members |-> IF v \in Up THEN v = m ELSE leads[v]]
    /\ elections' = elections - 1
    /\ UNCHANGED <<state, committed, write, seen, crashes, cuts>>

Propose(m, w) ==
    /\ state[m] # "down" /\ leads[m] /\ write[w] = "new"
    /\ log' = [log EXCEPT ![m] = Append(@, <<term[m], w>>)]
    /\ write' = [write EXCEPT ![w] = "asked for"]
    /\ UNCHANGED <<state, term, leads, committed, seen, budgets>>

Replicate(m, to) ==
    /\ m # to /\ leads[m] /\ {m, to} \subseteq Up /\ term[to] <= term[m]
    /\ term' = [term EXCEPT ![to] = term[m]]
    /\ leads' = [leads EXCEPT ![to] = FALSE]
    /\ log' = [log EXCEPT ![to] = log[m]]
    /\ committed' = [committed EXCEPT ![to] = committed[m]]
    /\ UNCHANGED <<state, write, seen, budgets>>

Commit(m) ==
    /\ state[m] # "down" /\ leads[m] /\ committed[m] # Len(log[m])
    /\ Majority({v \in Members : log[v] = log[m]})
    /\ write' = [w \in Writes |-> IF w \in WritesIn(log[m]) THEN "acknowledged" ELSE write[w]]
    /\ committed' = [committed EXCEPT ![m] = Len(log[m])]
    /\ UNCHANGED <<state, term, leads, log, seen, budgets>>

CanRead(m) ==
    /\ state[m] = "up" /\ leads[m] /\ LastTerm(Known(m)) = term[m]
    /\ Majority({v \in Up : term[v] <= term[m]})

Read(m) ==
    /\ CanRead(m)
    /\ seen' = WritesIn(Known(m))
    /\ UNCHANGED <<state, term, leads, log, committed, write, budgets>>

Crash(m) ==
    /\ state[m] = "up" /\ crashes > 0
    /\ state' = [state EXCEPT ![m] = "down"]
    /\ leads' = [leads EXCEPT ![m] = FALSE]
    /\ committed' = [committed EXCEPT ![m] = 0]
    /\ crashes' = crashes - 1
    /\ UNCHANGED <<term, log, write, seen, elections, cuts>>

CutOff(m) ==
    /\ state[m] = "up" /\ cuts > 0
    /\ state' = [state EXCEPT ![m] = "cut off"]
    /\ cuts' = cuts - 1
    /\ UNCHANGED <<term, leads, log, committed, write, seen, elections, crashes>>

ComeBack(m) ==
    /\ state[m] # "up"
    /\ state' = [state EXCEPT ![m] = "up"]
    /\ UNCHANGED <<term, leads, log, committed, write, seen, budgets>>

Next == \E m \in Members :
    \/ Elect(m) \/ Commit(m) \/ Read(m) \/ Crash(m) \/ CutOff(m) \/ ComeBack(m)
    \/ \E w \in Writes : Propose(m, w)
    \/ \E to \in Members : Replicate(m, to)

Spec == Init /\ [][Next]_vars

Acknowledged == {w \in Writes : write[w] = "acknowledged"}
AcknowledgedWritesSurvive == \A w \in Acknowledged : Majority({m \in Members : w \in WritesIn(log[m])})
CommittedLogsAgree == \A m, n \in Members :
    Len(Known(m)) <= Len(Known(n)) => Known(m) = SubSeq(Known(n), 1, Len(Known(m)))
ReadsNeverGoBack == \A m \in Members : CanRead(m) => Acknowledged \cup seen \subseteq WritesIn(Known(m))
====
