// Package receipt turns a lodged matter into a printable document and knows what a receipt number looks like. It is
// pure: it knows no printer and no store.
//
// The words are true by construction: 收件凭证 says that it is not yet an acceptance; 受理凭证 is only made for items
// whose policy is 收件即受理 (R19).
package receipt
