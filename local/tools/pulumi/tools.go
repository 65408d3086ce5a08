//go:build tools

// Package tools keeps the Pulumi CLI in go.mod, from which pulumi_cli.py builds it.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
