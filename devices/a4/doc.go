// Package a4 prints PDF results on an A4 printer through CUPS, by IPP (RFC 8010, 8011 and CUPS's own operations) over
// the scheduler's socket, and tells how that printer is.
//
// What is known of a job, and what isn't. CUPS calls a job completed when the queue's backend has ended without a fault.
// Most backends (usb, socket, lpd, parallel, …) end when the last byte was handed over, and even ipp, which waits for the
// printer, ends so when the printer was unplugged in the middle and knows nothing of a job any more. Pages
// counted tell nothing: CUPS counts what went through its filters, and one page for what went through none; printers that
// don't count say 0 (so does ippeveprinter). So a job is Printed only when the printer itself, asked by IPP, has it as completed; that
// takes a queue with an ipp:// or ipps:// device (ipp-usb gives USB printers one). On other queues a job that CUPS has
// completed is PrintUnknown. Not even a printer knows who took the sheet away.
//
// CUPS learns how a printer is only while a job runs and keeps the last job's troubles after it: a queue stays
// "media-empty" when paper was long put in. Where the queue leads to an IPP printer the printer itself is asked too;
// where it doesn't, an idle queue's old trouble is told as Unknown, never as Faulty, else nobody would ever print again.
//
// A job belongs to its visit: when its context ends it is cancelled, and a job that couldn't be cancelled, or that a
// killed program left behind, is cancelled before anything else is printed. After every job its record and its
// document are purged from CUPS's spool. Over a power cut only a spool that isn't kept helps: see packaging/a4.
//
// go test -tags cups runs it against Debian's cupsd with ippeveprinter as the printer (packages cups-daemon, cups-client,
// cups-core-drivers, cups-filters-core-drivers, cups-ipp-utils and dbus-daemon); without the tag only what needs none of
// them is tested.
//
// It must never know whose document it prints, what is in it, or what a visit is; it writes no document to a file.
package a4
