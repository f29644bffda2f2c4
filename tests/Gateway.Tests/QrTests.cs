using System.IO.Compression;
using System.Text.RegularExpressions;
using QRCoder;
using WhatsApp.Gateway.Qr;

namespace WhatsApp.Gateway.Tests;

public sealed class QrTests(TestGateway gateway) : IClassFixture<TestGateway>
{
    // As long as the real ones.
    private static readonly string Code = "https://wa.me/settings/linked_devices#2@" + string.Concat(Enumerable.Repeat("k9+/Za3B", 26)) + ",Chrome";

    private async Task<string> ShownAsync()
    {
        var (id, device, _) = await gateway.CreateAsync();
        await device.ShowQrAsync(Code, attempt: 2);
        return id;
    }

    private static bool[,] Expected(int margin)
    {
        using var data = QRCodeGenerator.GenerateQrCode(Code, QRCodeGenerator.ECCLevel.L);
        var inner = data.ModuleMatrix.Count - 8;
        var modules = new bool[inner + 2 * margin, inner + 2 * margin];
        for (var y = 0; y < inner; y++)
            for (var x = 0; x < inner; x++)
                modules[y + margin, x + margin] = data.ModuleMatrix[y + 4][x + 4];
        return modules;
    }

    [Fact]
    public async Task Json_has_the_code_in_every_form()
    {
        var answer = await gateway.GetAsync($"/instances/{await ShownAsync()}/qr");
        Assert.Equal((200, "application/json", "no-store"), (answer.Status, answer.ContentType, answer.Headers.CacheControl!.ToString()));
        Assert.Equal(("qr", Code, "2", "6", null), (answer["status"], answer["qr"], answer["attempt"], answer["maxAttempts"], answer["pairingCode"]));
        Assert.NotNull(answer["expiresAt"]);
        const string prefix = "data:image/png;base64,";
        Assert.StartsWith(prefix, answer["base64"], StringComparison.Ordinal);
        Assert.Equal(Expected(4), ModulesOf(Convert.FromBase64String(answer["base64"]![prefix.Length..])));
        Assert.Equal(Expected(4), ModulesOfSvg(answer["svg"]!));
    }

    [Theory]
    [InlineData("png", "", "image/png"), InlineData("svg", "", "image/svg+xml"), InlineData("text", "", "text/plain"), InlineData("raw", "", "text/plain"), InlineData("json", "image/png", "application/json")]
    [InlineData("", "image/png", "image/png"), InlineData("", "image/svg+xml", "image/svg+xml"), InlineData("", "text/plain", "text/plain"), InlineData("", "*/*", "application/json")]
    public async Task The_form_is_chosen_by_format_or_accept(string format, string accept, string type)
    {
        var path = $"/instances/{await ShownAsync()}/qr" + (format.Length > 0 ? $"?format={format}" : "");
        var answer = await gateway.GetAsync(path, accept.Length > 0 ? [("Accept", accept)] : []);
        Assert.Equal((200, type, "no-store"), (answer.Status, answer.ContentType, answer.Headers.CacheControl!.ToString()));
        if (format == "raw")
            Assert.Equal(Code, answer.Text);
    }

    [Theory, InlineData(384, 4), InlineData(256, 0), InlineData(1024, 2), InlineData(512, 16), InlineData(128, 1)]
    public async Task The_picture_has_the_size_and_margin_asked_for(int size, int margin)
    {
        var id = await ShownAsync();
        var png = (await gateway.GetAsync($"/instances/{id}/qr?format=png&size={size}&margin={margin}")).Bytes;
        var expected = Expected(margin);
        Assert.Equal(expected, ModulesOf(png));
        Assert.InRange(WidthOf(png), size - expected.GetLength(0), size);
        Assert.Equal(expected, ModulesOfSvg((await gateway.GetAsync($"/instances/{id}/qr?format=svg&size={size}&margin={margin}")).Text));
    }

    [Fact]
    public async Task Colours_are_taken()
    {
        var svg = (await gateway.GetAsync($"/instances/{await ShownAsync()}/qr?format=svg&dark=%23112233&light=ffeedd")).Text;
        Assert.Contains("fill=\"#112233\"", svg, StringComparison.Ordinal);
        Assert.Contains("fill=\"#ffeedd\"", svg, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Terminal_text_shows_every_module()
    {
        var lines = (await gateway.GetAsync($"/instances/{await ShownAsync()}/qr?format=text")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var expected = Expected(2);
        for (var y = 0; y < expected.GetLength(0); y++)
            for (var x = 0; x < expected.GetLength(1); x++)
            {
                var half = lines[y / 2][x];
                var light = half == '█' || half == (y % 2 == 0 ? '▀' : '▄');
                Assert.Equal(expected[y, x], !light);
            }
    }

    [Fact]
    public async Task Before_the_first_code_the_answer_is_202_and_waiting_gets_it()
    {
        var (id, device, _) = await gateway.CreateAsync();
        var early = await gateway.GetAsync($"/instances/{id}/qr");
        Assert.Equal((202, "connecting", "1"), (early.Status, early["status"], early.Headers.RetryAfter!.ToString()));
        var waiting = gateway.GetAsync($"/instances/{id}/qr?wait=20&format=raw");
        await device.ShowQrAsync(Code);
        Assert.Equal(Code, (await waiting).Text);
    }

    [Fact]
    public async Task A_linked_instance_has_no_code()
    {
        var (id, _, _) = await gateway.CreateAsync(open: true);
        Assert.Equal("open", (await gateway.GetAsync($"/instances/{id}/qr?format=png")).IsProblem(409, "already-connected")["state"]);
    }

    [Fact]
    public async Task After_the_codes_ran_out_a_request_starts_a_new_round()
    {
        var (id, device, _) = await gateway.CreateAsync();
        await device.CloseAsync("qr_timeout");
        Assert.Equal("closed", (await gateway.GetAsync($"/instances/{id}/status"))["status"]);
        Assert.Equal((202, "connecting"), ((await gateway.GetAsync($"/instances/{id}/qr")).Status, (await gateway.GetAsync($"/instances/{id}/qr"))["status"]));
        Assert.True(device.Restarts > 0);
    }

    [Fact]
    public void A_small_picture_still_has_a_pixel_for_each_module() =>
        Assert.Equal(Expected(4), ModulesOf(QrImage.Png(Code, new QrLook(10, 4, "000000", "ffffff"))));

    private static int WidthOf(byte[] png) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16));

    /// <summary>Reads a PNG with one bit per pixel and no filters, and takes the middle of each module.</summary>
    private static bool[,] ModulesOf(byte[] png)
    {
        var width = WidthOf(png);
        Assert.Equal((1, width), (png[24], System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20))));
        using var packed = new MemoryStream();
        bool? darkIsOne = png[25] == 0 ? false : null;
        for (var at = 8; at < png.Length;)
        {
            var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            var data = png.AsSpan(at + 8, length);
            if (png.AsSpan(at + 4, 4).SequenceEqual("PLTE"u8))
                darkIsOne = data[3] < data[0];
            if (png.AsSpan(at + 4, 4).SequenceEqual("IDAT"u8))
                packed.Write(data);
            at += 12 + length;
        }
        packed.Position = 0;
        using var inflated = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionMode.Decompress))
            zlib.CopyTo(inflated);
        var rows = inflated.ToArray();
        var stride = 1 + (width + 7) / 8;
        Assert.Equal(stride * width, rows.Length);
        bool Dark(int y, int x)
        {
            Assert.Equal(0, rows[y * stride]);
            return ((rows[y * stride + 1 + x / 8] >> (7 - x % 8)) & 1) == 1 == darkIsOne;
        }
        var modules = Enumerable.Range(10, 400).Single(count => width % count == 0 && count == CountOf(width));
        var scale = width / modules;
        var matrix = new bool[modules, modules];
        for (var y = 0; y < modules; y++)
            for (var x = 0; x < modules; x++)
                matrix[y, x] = Dark(y * scale + scale / 2, x * scale + scale / 2);
        return matrix;

        // The top left finder is seven modules wide, whatever the margin.
        int CountOf(int edge)
        {
            var first = Enumerable.Range(0, edge).First(row => Enumerable.Range(0, edge).Any(column => Dark(row, column)));
            var left = Enumerable.Range(0, edge).First(column => Dark(first, column));
            var finder = Enumerable.Range(left, edge - left).TakeWhile(column => Dark(first, column)).Count();
            return edge / (finder / 7);
        }
    }

    private static bool[,] ModulesOfSvg(string svg)
    {
        var timeout = TimeSpan.FromSeconds(5);
        var edge = int.Parse(Regex.Match(svg, "viewBox=\"0 0 (?<edge>[0-9]+) ", RegexOptions.None, timeout).Groups["edge"].Value, System.Globalization.CultureInfo.InvariantCulture);
        var matrix = new bool[edge, edge];
        foreach (Match match in Regex.Matches(svg, "M(?<x>[0-9]+) (?<y>[0-9]+)h1v1h-1z", RegexOptions.None, timeout))
            matrix[int.Parse(match.Groups["y"].Value, System.Globalization.CultureInfo.InvariantCulture), int.Parse(match.Groups["x"].Value, System.Globalization.CultureInfo.InvariantCulture)] = true;
        return matrix;
    }
}
