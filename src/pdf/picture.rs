//! Images that came with a message, as pictures on the page: upright, no larger than they are, and no finer than paper
//! shows. The image itself lies in the document as it came.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};

use super::layout::Tenths;

/// Of one image; a camera's has fifty million at most.
const MAX_PIXELS: u64 = 60_000_000;
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
    /// Three bytes for a pixel, row by row.
    Rgb(Vec<u8>),
    Jpeg(Vec<u8>),
}

/// Whether it says that it is one of the kinds that are shown.
pub(super) fn is_image(media_type: &str, name: Option<&str>) -> bool {
    let ending = name.and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending.to_ascii_lowercase());
    matches!(media_type, "image/png" | "image/jpeg" | "image/jpg" | "image/pjpeg" | "image/gif" | "image/webp")
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
    limits.max_alloc = Some(MAX_PIXELS * 8);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS || width == 0 || height == 0 {
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
        Data::Rgb(rgb.into_raw())
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
