//go:build tools

// Package tools keeps in go.mod what prometheus_operator.py makes its kinds of, and with.
package tools

import (
	_ "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	_ "sigs.k8s.io/controller-tools/cmd/controller-gen"
)
