// Package assets embeds what the program carries with it: fonts and icons. The catalogue lies in assets/catalog, a
// package of its own.
//
// It knows bytes and names only: never how they are drawn (app/screen) nor what they mean.
//
// The fonts are Noto Sans CJK SC 2.004, cut to level 2 of GB 18030-2022 and renamed, under the SIL Open Font License
// (fonts/OFL.txt); packaging/fonts/subset.sh makes them again, byte for byte. What level 2
// lacks lies in fonts/rare in compressed chunks (Noto Sans CJK SC and Hanazono, see fonts/rare/LICENSE.txt), which
// packaging/fonts/rare.sh makes. The icons are Lucide's, under the ISC licence (icons/LICENSE); card-on-reader.svg is
// zhizhu's own.
package assets
