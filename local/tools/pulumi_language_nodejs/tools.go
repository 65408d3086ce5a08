//go:build tools

// Package tools keeps the Node.js language host in go.mod, from which language_host.py builds it. Later versions of the
// SDK have it in a module of its own, which is not served.
package tools

import _ "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"
