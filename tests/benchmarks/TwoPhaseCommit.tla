--------------------------- MODULE TwoPhaseCommit ---------------------------
(* The protocol of tests/toys/two_phase_commit.py: one coordinator, managers *)
(* 1 .. N, and messages that stay where they are once they have been sent.   *)
EXTENDS Naturals
CONSTANT N

VARIABLES manager, coordinator, prepared, sent
vars == <<manager, coordinator, prepared, sent>>

Managers == 1 .. N
Prepared(m) == <<"Prepared", m>>
Commit == <<"Commit", 0>>
Abort == <<"Abort", 0>>

Init ==
  /\ manager = [m \in Managers |-> "working"]
  /\ coordinator = "init"
  /\ prepared = {}
  /\ sent = {}

ReceivePrepared(m) ==
  /\ coordinator = "init"
  /\ Prepared(m) \in sent
  /\ prepared' = prepared \cup {m}
  /\ UNCHANGED <<manager, coordinator, sent>>

DecideCommit ==
  /\ coordinator = "init"
  /\ prepared = Managers
  /\ coordinator' = "committed"
  /\ sent' = sent \cup {Commit}
  /\ UNCHANGED <<manager, prepared>>

DecideAbort ==
  /\ coordinator = "init"
  /\ coordinator' = "aborted"
  /\ sent' = sent \cup {Abort}
  /\ UNCHANGED <<manager, prepared>>

Prepare(m) ==
  /\ manager[m] = "working"
  /\ manager' = [manager EXCEPT ![m] = "prepared"]
  /\ sent' = sent \cup {Prepared(m)}
  /\ UNCHANGED <<coordinator, prepared>>

ChooseToAbort(m) ==
  /\ manager[m] = "working"
  /\ manager' = [manager EXCEPT ![m] = "aborted"]
  /\ UNCHANGED <<coordinator, prepared, sent>>

ReceiveCommit(m) ==
  /\ Commit \in sent
  /\ manager' = [manager EXCEPT ![m] = "committed"]
  /\ UNCHANGED <<coordinator, prepared, sent>>

ReceiveAbort(m) ==
  /\ Abort \in sent
  /\ manager' = [manager EXCEPT ![m] = "aborted"]
  /\ UNCHANGED <<coordinator, prepared, sent>>

Next ==
  \/ DecideCommit
  \/ DecideAbort
  \/ \E m \in Managers :
       \/ ReceivePrepared(m)
       \/ Prepare(m)
       \/ ChooseToAbort(m)
       \/ ReceiveCommit(m)
       \/ ReceiveAbort(m)

Spec == Init /\ [][Next]_vars
=============================================================================
