using QRCoder;

namespace WhatsApp.Grains.Webhooks;

/// <summary>The QR as a picture inside qr.update.</summary>
internal static class QrPicture
{
    private const int PixelsPerModule = 6;

    /// <summary><c>data:image/png;base64,…</c></summary>
    public static string DataUrl(string text)
    {
        using var data = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.L);
        using var png = new PngByteQRCode(data);
        return "data:image/png;base64," + Convert.ToBase64String(png.GetGraphic(PixelsPerModule));
    }
}
