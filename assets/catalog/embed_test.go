package catalog_test

import (
	"testing"

	data "zhizhu/assets/catalog"
	"zhizhu/offline/catalog/load"
)

func TestLoads(t *testing.T) {
	if _, err := load.Load(data.FS()); err != nil {
		t.Fatal(err)
	}
}
