//! Images that came with a message, as pictures on the page: upright, no larger than they are, and no finer than paper
//! shows. The image itself lies in the document as it came.

use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};

use super::layout::Tenths;

/// Of one image as its reader unpacks it: eighty million pixels of a camera, which have three bytes each.
const MAX_UNPACKED_BYTES: u64 = 250_000_000;
/// The longer side of a picture, in pixels: some 220 to an inch over the width of the page.
const MAX_SIDE: u32 = 1_600;
/// Tenths of a point that a pixel takes, when there is room: 96 of them are an inch.
const PER_PIXEL: f64 = 7.5;
const JPEG_QUALITY: u8 = 82;

/// A picture as it goes into the document, in sRGB.
#[derive(Debug)]
pub(super) struct Picture {
    /// Of what is embedded.
    pub(super) pixels: (u32, u32),
    /// Of the page, before it is made to fit.
    pub(super) size: (Tenths, Tenths),
    pub(super) data: Data,
}

#[derive(Debug)]
pub(super) enum Data {
    /// Three bytes for a pixel, row by row, compressed (zlib): a message may have many, and all are held at once.
    Rgb(Vec<u8>),
    Jpeg(Vec<u8>),
}

/// Whether it says that it is an image, of whatever kind. Four kinds can be shown.
pub(super) fn is_image(media_type: &str, name: Option<&str>) -> bool {
    let ending = name.and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending.to_ascii_lowercase());
    media_type.starts_with("image/")
        || media_type == "application/octet-stream"
            && ending.is_some_and(|ending| matches!(&*ending, "png" | "jpg" | "jpeg" | "gif" | "webp"))
}

/// `None` for what is no image, is broken, or is too large.
pub(super) fn read(bytes: &[u8]) -> Option<Picture> {
    // The readers of others are not proven against every input.
    std::panic::catch_unwind(|| decode(bytes)).ok().flatten()
}

fn decode(bytes: &[u8]) -> Option<Picture> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let format = reader.format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_UNPACKED_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    if decoder.total_bytes() > MAX_UNPACKED_BYTES || width == 0 || height == 0 {
        return None;
    }
    let orientation = decoder.orientation().ok();
    let lossy = format == ImageFormat::Jpeg || format == ImageFormat::WebP;
    let mut image = DynamicImage::from_decoder(decoder).ok()?;
    if image.width().max(image.height()) > MAX_SIDE {
        image = image.resize(MAX_SIDE, MAX_SIDE, FilterType::Triangle);
    }
    let shrunk = f64::from(width.max(height)) / f64::from(image.width().max(image.height()));
    if let Some(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    let rgb = on_white(&image);
    let pixels = rgb.dimensions();
    let size = |pixels: u32| -> Tenths {
        let tenths = (f64::from(pixels) * shrunk * PER_PIXEL).clamp(1.0, 1e6);
        // In range, and whole enough.
        #[expect(clippy::cast_possible_truncation)]
        let tenths = tenths as Tenths;
        tenths
    };
    let size = (size(pixels.0), size(pixels.1));
    let data = if lossy {
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY).encode_image(&rgb).ok()?;
        Data::Jpeg(jpeg)
    } else {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&rgb).ok()?;
        Data::Rgb(encoder.finish().ok()?)
    };
    Some(Picture { pixels, size, data })
}

/// Paper is white: what is transparent shows it.
fn on_white(image: &DynamicImage) -> image::RgbImage {
    if !image.color().has_alpha() {
        return image.to_rgb8();
    }
    let rgba = image.to_rgba8();
    let mut rgb = image::RgbImage::new(rgba.width(), rgba.height());
    for (from, to) in rgba.pixels().zip(rgb.pixels_mut()) {
        let [colours @ .., alpha] = from.0;
        let alpha = u16::from(alpha);
        to.0 = colours.map(|colour| {
            let mixed = (u16::from(colour) * alpha + 255 * (255 - alpha)) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        });
    }
    rgb
}

impl Picture {
    /// Its size within bounds, in proportion, and never larger than it is.
    pub(super) fn fitted(&self, (width, height): (Tenths, Tenths)) -> (Tenths, Tenths) {
        let (own_width, own_height) = (i64::from(self.size.0), i64::from(self.size.1));
        let by_width = (width.min(self.size.0), own_height * i64::from(width.min(self.size.0)) / own_width);
        if by_width.1 <= i64::from(height) {
            return (by_width.0, Tenths::try_from(by_width.1).unwrap_or(height).max(1));
        }
        (Tenths::try_from(own_width * i64::from(height) / own_height).unwrap_or(width).max(1), height)
    }
}

#[cfg(test)]
mod tests {
    use image::codecs::gif::GifEncoder;
    use image::codecs::png::PngEncoder;
    use image::codecs::webp::WebPEncoder;
    use image::{ExtendedColorType, ImageEncoder as _, Rgba, RgbaImage};

    use super::*;

    /// Four pixels wide and two high, the first of them red, the last half transparent black.
    fn image() -> RgbaImage {
        RgbaImage::from_fn(4, 2, |x, y| match (x, y) {
            (0, 0) => Rgba([255, 0, 0, 255]),
            (3, 1) => Rgba([0, 0, 0, 128]),
            _ => Rgba([255, 255, 255, 255]),
        })
    }

    fn png(image: &RgbaImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        let encoder = PngEncoder::new(&mut bytes);
        encoder.write_image(image, image.width(), image.height(), ExtendedColorType::Rgba8).unwrap();
        bytes
    }

    /// Grey, with the orientation that its camera wrote (EXIF 2.3 §4.6.4), one of eight.
    fn jpeg(width: u32, height: u32, orientation: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        let grey = image::RgbImage::from_pixel(width, height, image::Rgb([90, 90, 90]));
        JpegEncoder::new_with_quality(&mut bytes, 90).encode_image(&grey).unwrap();
        let exif = [b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", &[orientation][..], b"\0\0\0\0\0\0"]
            .concat();
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&bytes[..2], &[0xff, 0xe1], &length, &exif, &bytes[2..]].concat()
    }

    fn pixels(picture: &Picture) -> Vec<[u8; 3]> {
        let mut bytes = Vec::new();
        match &picture.data {
            Data::Rgb(packed) => {
                std::io::Read::read_to_end(&mut flate2::read::ZlibDecoder::new(&packed[..]), &mut bytes).unwrap();
            }
            Data::Jpeg(jpeg) => bytes = image::load_from_memory(jpeg).unwrap().to_rgb8().into_raw(),
        }
        bytes.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
    }

    #[test]
    fn each_kind_of_image_is_a_picture_on_white() {
        let image = image();
        let mut gif = Vec::new();
        GifEncoder::new(&mut gif).encode(&image, 4, 2, ExtendedColorType::Rgba8).unwrap();
        let mut webp = Vec::new();
        WebPEncoder::new_lossless(&mut webp).write_image(&image, 4, 2, ExtendedColorType::Rgba8).unwrap();
        for (kind, bytes) in [("png", png(&image)), ("gif", gif), ("webp", webp)] {
            let picture = read(&bytes).unwrap();
            assert_eq!((picture.pixels, picture.size), ((4, 2), (30, 15)), "{kind}");
            let found = pixels(&picture);
            let (first, last) = (found[0], found[7]);
            // WebP is set as JPEG, which smears.
            assert!(first[0] > 150 && first[1] < 150, "{kind}: {first:?}");
            // A GIF's pixels are transparent or not, nothing between.
            assert!(kind == "gif" || (90..=230).contains(&last[0]), "{kind}: {last:?}");
            if kind == "png" {
                assert_eq!((first, last), ([255, 0, 0], [127, 127, 127]));
            }
        }
    }

    #[test]
    fn a_photograph_stands_upright_and_is_no_finer_than_paper_shows() {
        for (orientation, upright) in [(1, (60, 20)), (3, (60, 20)), (6, (20, 60)), (8, (20, 60))] {
            assert_eq!(read(&jpeg(60, 20, orientation)).unwrap().pixels, upright, "{orientation}");
        }
        let large = read(&jpeg(4_000, 1_000, 6)).unwrap();
        assert_eq!((large.pixels, large.size), ((400, 1_600), (7_500, 30_000)));
        assert_eq!(large.fitted((4_592, 6_000)), (1_500, 6_000));
        assert_eq!(read(&jpeg(60, 20, 1)).unwrap().fitted((4_592, 6_000)), (450, 150), "never larger than it is");
    }

    #[test]
    fn what_is_no_image_or_too_large_is_none() {
        let mut claims = png(&image());
        // 65,535 by 65,535 pixels, says its header.
        claims[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
        for bytes in [&claims[..], b"", b"GIF89a", &jpeg(60, 20, 1)[..40], b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
        {
            assert!(read(bytes).is_none(), "{} bytes", bytes.len());
        }
    }
}
