// Package app is what residents and staff see and do. It holds no code itself.
//
// visit, sheet, receipt and health are pure; kiosk turns effects into acts through interfaces of its own; screen is
// the only room that knows Fyne; system builds everything.
package app
