package a4

import (
	"bytes"
	"errors"
	"fmt"

	"zhizhu/devices"
)

// MaxPDF is the size of the largest document that is printed, in bytes.
const MaxPDF = 20 << 20

// CheckPDF says whether b looks like a whole PDF file: it begins like one (ISO 32000-1 sec. 7.5.2; readers allow 1024
// bytes before), ends like one (sec. 7.5.5), has objects with a root and is no longer than MaxPDF.
// The error is a *devices.Error of kind BadDocument. A file that was cut off on its way is found here, before anything
// goes to the printer.
func CheckPDF(b []byte) error {
	const near = 1024
	var why error
	switch {
	case len(b) == 0:
		why = errors.New("the document is empty")
	case len(b) > MaxPDF:
		why = fmt.Errorf("the document has %d bytes, at most %d are printed", len(b), MaxPDF)
	case !bytes.Contains(b[:min(near, len(b))], []byte("%PDF-")):
		why = errors.New("the document is no PDF: it doesn't begin with %PDF-")
	case !bytes.Contains(b[max(0, len(b)-near):], []byte("%%EOF")):
		why = errors.New("the PDF was cut off: it doesn't end with %%EOF; fetch it again")
	case !bytes.Contains(b, []byte(" obj")) || !bytes.Contains(b, []byte("startxref")) || !bytes.Contains(b, []byte("/Root")):
		why = errors.New("the PDF lacks its objects, its cross-reference or its root; fetch it again")
	default:
		return nil
	}
	return fail("check document", devices.BadDocument, why)
}
