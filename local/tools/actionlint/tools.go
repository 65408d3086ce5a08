//go:build tools

// Package tools keeps actionlint in go.mod, from which actionlint.py builds it.
package tools

import _ "github.com/rhysd/actionlint/cmd/actionlint"
