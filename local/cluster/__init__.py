"""Kubernetes clusters for the local stacks: one of the user's, of kind or k3d, or one of our own.

`choice.py` decides which. They answer alike: `Cluster` (our own), `ContainerCluster` (kind, k3d), `ContextCluster`.
`answer.py` finds out whether the cluster of any stack answers.

kind and k3d themselves were tried with programs only that stand in for them: the tests have neither.

Our own is a node in a folder, made of the real programs, for machines where no other can be had. What `Cluster` puts
together:

- `node.py`: the process tree that is the node, in namespaces of its own: process ids, mounts and network. Ports
  cannot collide, the machine's firewall stays as it is, and what ends the first process ends all
- `network.py`: the addresses, out of a block that no route of this machine leads to yet
- `pki.py`: the certificate authority of the cluster, and who has which certificate from it
- `components.py`: the programs with their flags and files: etcd, API server, controller manager, scheduler,
  containerd, kubelet, kube-proxy
- `manifests/`: what runs in the cluster from the start: CoreDNS, the default storage class, the enforcement of
  network policies

`python -m local.cluster` is the first process of a node; nobody else starts it.

A cluster lives as long as its node runs: one that was ended starts anew, empty. A start takes 13 to 17 s on two cores
that others use too, measured three times; the first one also builds the programs.
"""
