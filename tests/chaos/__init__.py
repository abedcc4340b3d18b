"""The chaos gate: real daemons on a real Apache Kafka end at any moment, and every trace is counted once.

One to three processes with two static member ids and one without read traffic that goes on. Each meets a
fate that follows from the seed (`fates`): kill -9 at a random time or at a named fault point (`points`);
SIGSTOP at either, longer than the session time-out, so that it goes on as a zombie beside its successor; an
orderly leave; a twin with its member id. The proofs (`proof`) hold what stands in the topics against what was
produced and against undisturbed folds of the same logs.

The gate was seen to fail with the protocol broken (`controls`), after 20 kills of seed 1:

- `--control commit-the-position`, commits of what was read rather than of what is safely out: of 2,484 traces
  72 lost and one doubled, and another digest of flows;
- `--control forget-names`, an auditor that takes a row which came before for a new one: of 2,712 traces 4,282
  flows counted, another digest of state, and 135 of 254 checkpoints that are no fold of their log.
"""
