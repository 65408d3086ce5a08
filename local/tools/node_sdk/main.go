// Command node_sdk writes the SDK for Node.js that a package's schema describes: node_sdk SCHEMA DIRECTORY.
//
// `pulumi package gen-sdk` asks the language host to do this, which the one that can be built here does not know of.
package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// standalone loads no other package: the schema refers to none.
type standalone struct{ schema.ReferenceLoader }

func main() {
	text, err := os.ReadFile(os.Args[1])
	check(err)
	var spec schema.PackageSpec
	check(json.Unmarshal(text, &spec))
	languages := map[string]schema.Language{"nodejs": nodejs.Importer}
	pkg, err := schema.ImportSpec(spec, languages, standalone{}, schema.ValidationOptions{})
	check(err)
	files, err := nodejs.GeneratePackage("pulumi", pkg, nil, nil, true, standalone{})
	check(err)
	for name, content := range files {
		path := filepath.Join(os.Args[2], name)
		check(os.MkdirAll(filepath.Dir(path), 0o755))
		check(os.WriteFile(path, content, 0o644))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
