using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using WhatsApp.Sandbox;

namespace WhatsApp.Load;

/// <summary>One large file by multipart: through the gateway to the media host, and decrypted by the phone. What matters is how much memory the gateway takes for it.</summary>
internal sealed class MediaFileScenario : IScenario
{
    private const int Mebi = 1024 * 1024;
    private const double MostGrowth = 64;

    public string Name => "media-file";

    public string Usage => "MEBIBYTES   sendFile of one file by multipart: time, CPU, growth of memory (64 MB at most), bytes compared";

    public async Task<Report> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var size = arguments is [var text, ..] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var given) && given is >= 1 and <= 2047
            ? given
            : throw new FormatException("1 to 2047 mebibytes");
        await using var network = await SandboxNetwork.StartAsync(cancellationToken: cancellationToken);
        var (shop, ana) = (network.AddPhone("5511900000001", "Shop"), network.AddPhone("5511900000002", "Ana"));
        await using var gateway = await GatewayProcess.StartAsync(network, cancellationToken);
        await gateway.LinkAsync("load", shop, cancellationToken);
        // What any first file costs: code, TLS, the media connection.
        _ = await SendAsync(gateway, ana.PhoneNumber, new PatternContent(4L * Mebi), cancellationToken);
        await gateway.UntilIdleAsync(cancellationToken);

        var report = new Report(Name, "mebibytes", "answered s", "cpu s", "rss MB before", "rss MB highest", "growth MB");
        using var watch = new MemoryWatch(gateway);
        var (before, cpu, clock) = (gateway.Memory.Now, gateway.CpuMs, Stopwatch.StartNew());
        var content = new PatternContent(size * (long)Mebi);
        var id = await SendAsync(gateway, ana.PhoneNumber, content, cancellationToken);
        var highest = watch.Highest;
        report.Add(size, clock.Elapsed.TotalSeconds, (gateway.CpuMs - cpu) / 1000, before, highest, highest - before);
        if (highest - before >= MostGrowth)
            report.Problems.Add($"memory grew by {highest - before:0.0} MB");

        await ana.WaitForMessageAsync(message => message.MessageId == id, cancellationToken);
        using var hash = SHA256.Create();
        await using (var sink = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write))
            await ana.CopyMediaAsync(id, sink, cancellationToken);
        var same = hash.Hash!.AsSpan().SequenceEqual(content.Sha256);
        report.Figures["arrived byte by byte"] = same;
        if (!same)
            report.Problems.Add("the phone has other bytes");
        return report;
    }

    private static async Task<string> SendAsync(GatewayProcess gateway, string to, PatternContent content, CancellationToken cancellationToken)
    {
        using var form = new MultipartFormDataContent { { new StringContent(to), "to" }, { content, "file", "large.bin" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/instances/load/sendFile") { Content = form };
        using var answer = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var body = await answer.Content.ReadAsStringAsync(cancellationToken);
        return answer.IsSuccessStatusCode ? JsonElement.Parse(body).GetProperty("messageId").GetString()! : throw new InvalidOperationException(body);
    }

    // Bytes made as they are sent; every mebibyte is another one.
    private sealed class PatternContent(long length) : HttpContent
    {
        public byte[] Sha256 { get; private set; } = [];

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return true;
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var piece = new byte[Mebi];
            new Random(1).NextBytes(piece);
            for (long sent = 0; sent < length; sent += piece.Length)
            {
                BitConverter.TryWriteBytes(piece, sent);
                hash.AppendData(piece);
                await stream.WriteAsync(piece);
            }
            Sha256 = hash.GetHashAndReset();
        }
    }
}
