// Package sheet answers an item's questions: which are asked, which are known already, what is wrong with an answer,
// and all deficiencies at once. It is pure: it knows catalogue items and a card's values, no clock (today is handed
// in), no screen and no store. Answers are never changed in place.
package sheet
