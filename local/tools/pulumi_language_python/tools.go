//go:build tools

// Package tools keeps the Python language host in go.mod, from which pulumi_cli.py builds it. v3.77.0 of the SDK is the
// last one served as a Go module that holds it.
package tools

import _ "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
