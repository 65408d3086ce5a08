//go:build tools

// Package tools keeps what runs on a Kubernetes node in go.mod, from which kubernetes_node.py builds it.
package tools

import _ "sigs.k8s.io/kube-network-policies/cmd"
