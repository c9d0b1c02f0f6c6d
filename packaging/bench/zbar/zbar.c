/* The peer of the QR benchmark: libzbar, spoken to through pipes, so that its time is its own.
 *
 * In:  width and height (uint32, machine order), then width*height bytes of brightness; until the input ends.
 * Out: nanoseconds of the scan (uint64), the number of codes (uint32), and for each its length (uint32) and its bytes.
 *
 * Only QR codes are looked for, and their bytes are left as they are: else zbar guesses a charset, and GBK wrong.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zbar.h>

static void put(const void *p, size_t n)
{
	if (fwrite(p, 1, n, stdout) != n)
		exit(1);
}

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int main(void)
{
	zbar_image_scanner_t *scanner = zbar_image_scanner_create();
	zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
	zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_BINARY, 1);
	uint32_t size[2];
	while (fread(size, sizeof size, 1, stdin) == 1) {
		size_t n = (size_t)size[0] * size[1];
		void *pix = malloc(n);
		if (!pix || fread(pix, 1, n, stdin) != n)
			return 1;
		zbar_image_t *image = zbar_image_create();
		zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
		zbar_image_set_size(image, size[0], size[1]);
		zbar_image_set_data(image, pix, n, zbar_image_free_data);
		uint64_t begin = now();
		int found = zbar_scan_image(scanner, image);
		uint64_t took = now() - begin;
		uint32_t count = found > 0 ? (uint32_t)found : 0, told = 0;
		put(&took, sizeof took);
		put(&count, sizeof count);
		for (const zbar_symbol_t *s = zbar_image_first_symbol(image); s && told < count; s = zbar_symbol_next(s), told++) {
			uint32_t len = zbar_symbol_get_data_length(s);
			put(&len, sizeof len);
			put(zbar_symbol_get_data(s), len);
		}
		for (uint32_t none = 0; told < count; told++)
			put(&none, sizeof none);
		fflush(stdout);
		zbar_image_destroy(image);
	}
	return 0;
}
