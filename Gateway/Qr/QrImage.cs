using System.Collections;
using System.Globalization;
using System.Text;
using QRCoder;

namespace WhatsApp.Gateway.Qr;

/// <summary>How a QR is drawn.</summary>
/// <param name="Size">Wanted edge in pixels; PNG keeps whole pixels per module, so it may be a little smaller.</param>
/// <param name="Margin">Quiet zone in modules.</param>
/// <param name="Dark">RRGGBB.</param>
/// <param name="Light">RRGGBB.</param>
public sealed record QrLook(int Size, int Margin, string Dark, string Light);

/// <summary>Draws QR texts. Error correction L: the texts are long, and a screen does not get scratched.</summary>
public static class QrImage
{
    // QRCoder's matrix brings its own quiet zone of four modules.
    private const int BuiltInMargin = 4;

    /// <summary>A PNG file.</summary>
    public static byte[] Png(string text, QrLook look)
    {
        using var data = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.L);
        SetMargin(data.ModuleMatrix, look.Margin);
        using var png = new PngByteQRCode(data);
        return png.GetGraphic(Math.Max(1, look.Size / data.ModuleMatrix.Count), Rgb(look.Dark), Rgb(look.Light));
    }

    /// <summary>An SVG document, one path.</summary>
    public static string Svg(string text, QrLook look)
    {
        var modules = Modules(text);
        var edge = modules.GetLength(0) + 2 * look.Margin;
        var path = new StringBuilder();
        for (var y = 0; y < modules.GetLength(0); y++)
            for (var x = 0; x < modules.GetLength(1); x++)
                if (modules[y, x])
                    path.Append(CultureInfo.InvariantCulture, $"M{x + look.Margin} {y + look.Margin}h1v1h-1z");
        return string.Create(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{look.Size}\" height=\"{look.Size}\" viewBox=\"0 0 {edge} {edge}\" shape-rendering=\"crispEdges\">"
            + $"<rect width=\"{edge}\" height=\"{edge}\" fill=\"#{look.Light}\"/><path fill=\"#{look.Dark}\" d=\"{path}\"/></svg>");
    }

    /// <summary>Half-block characters for a terminal, two modules a line; drawn light on dark, as terminals are.</summary>
    public static string Terminal(string text)
    {
        const int margin = 2;
        var modules = Modules(text);
        var size = modules.GetLength(0);
        bool Light(int y, int x) => y < 0 || x < 0 || y >= size || x >= size || !modules[y, x];
        var lines = new StringBuilder();
        for (var y = -margin; y < size + margin; y += 2)
        {
            for (var x = -margin; x < size + margin; x++)
                lines.Append((Light(y, x), y + 1 < size + margin && Light(y + 1, x)) switch
                {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    _ => ' ',
                });
            lines.Append('\n');
        }
        return lines.ToString();
    }

    private static bool[,] Modules(string text)
    {
        using var data = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.L);
        var matrix = data.ModuleMatrix;
        SetMargin(matrix, 0);
        var modules = new bool[matrix.Count, matrix.Count];
        for (var y = 0; y < matrix.Count; y++)
            for (var x = 0; x < matrix.Count; x++)
                modules[y, x] = matrix[y][x];
        return modules;
    }

    private static void SetMargin(List<BitArray> matrix, int margin)
    {
        var old = matrix.ToArray();
        var size = old.Length - 2 * BuiltInMargin + 2 * margin;
        matrix.Clear();
        for (var y = 0; y < size; y++)
        {
            var row = new BitArray(size);
            for (var x = margin; x < size - margin; x++)
                row[x] = y >= margin && y < size - margin && old[y - margin + BuiltInMargin][x - margin + BuiltInMargin];
            matrix.Add(row);
        }
    }

    private static byte[] Rgb(string hex) => Convert.FromHexString(hex);
}
