package wire

// Attachment is a picture or document that belongs to a matter. Its bytes go up beside the matter, sealed as a packet of
// their own, named by the SM3 digest of that packet; the matter is handed on once all of its attachments are there.
type Attachment struct {
	Material string `json:"material"` // id of the material that it shows
	Name     string `json:"name"`     // of the material, for people
	Media    string `json:"media"`    // image/jpeg
	Blob     string `json:"blob"`     // SM3 of the sealed packet, hex
	Size     int64  `json:"size"`     // of the sealed packet, bytes
}

// Headers of a resumable upload of a blob:
//
//	HEAD  /v1/blobs/{digest}  200 with Upload-Offset (how much is there), 404 where nothing is
//	PATCH /v1/blobs/{digest}  Upload-Offset must be what is there (409 with the right one otherwise), Upload-Length the
//	                          whole size; 204 with the new Upload-Offset, or 201/200 with a signed Ack over the digest as
//	                          both ID and Digest once it is whole and its digest right (422 ProblemDigest otherwise: what
//	                          came is thrown away, begin at 0)
const (
	HeaderUploadOffset = "Upload-Offset"
	HeaderUploadLength = "Upload-Length"
	TypeChunk          = "application/offset+octet-stream"
)

// PathBlob is where an attachment's bytes go.
func PathBlob(digest string) string { return "/v1/blobs/" + digest }
