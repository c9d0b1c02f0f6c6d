// Package catalog holds the types of the catalogue: items (事项), their guides, materials, forms and policies, and how
// one is found. It is pure: standard library only, no files, no YAML. Sub-package load reads and checks the files.
//
// Names follow GB/T 39046-2020 (政务服务平台基础数据规范) where it has them. Facts about the world (amounts, ages, terms,
// department names) are data of the items, never code.
package catalog
