// Package theme is how zhizhu looks: colours, type scale, lengths, text measuring, fills, corners and icons, in one
// place. Lengths are kept as millimetres of the panel or as pixels of the reference panel (27 inches, 1080 by 1920) and
// become pixels of the configured panel in Metrics.
//
// It must never know what a page says or does.
package theme
