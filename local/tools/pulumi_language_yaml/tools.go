//go:build tools

// Package tools keeps the YAML language host in go.mod, from which language_host.py builds it.
package tools

import _ "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"
