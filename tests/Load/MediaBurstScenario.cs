using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using SkiaSharp;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Load;

/// <summary>Many pictures at the same time on one instance: each is a photograph of 12 million pixels that has to be made smaller. Memory must stay bounded.</summary>
internal sealed class MediaBurstScenario : IScenario
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public string Name => "media-burst";

    public string Usage => "COUNT   so many sendImage at once, 12 megapixels each: time, CPU, memory, and that each arrives once";

    public async Task<Report> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var count = arguments is [var text, ..] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var given) && given is >= 1 and <= 1000
            ? given
            : throw new FormatException("1 to 1000 pictures");
        await using var network = await SandboxNetwork.StartAsync(cancellationToken: cancellationToken);
        var (shop, ana) = (network.AddPhone("5511900000001", "Shop"), network.AddPhone("5511900000002", "Ana"));
        await using var gateway = await GatewayProcess.StartAsync(network, cancellationToken);
        await gateway.LinkAsync("load", shop, cancellationToken);
        var photograph = Photograph(4000, 3000);
        var first = await SendAsync(gateway, ana.PhoneNumber, photograph, 0, cancellationToken);
        await gateway.UntilIdleAsync(cancellationToken);

        using var watch = new MemoryWatch(gateway);
        var (before, cpu, clock) = (gateway.Memory.Now, gateway.CpuMs, Stopwatch.StartNew());
        var answers = await Task.WhenAll(Enumerable.Range(1, count).Select(i => SendAsync(gateway, ana.PhoneNumber, photograph, i, cancellationToken)));
        var answered = clock.Elapsed.TotalSeconds;
        var report = new Report(Name, "pictures", "answered s", "arrived s", "at once", "queued", "cpu s", "rss MB before", "rss MB highest");
        foreach (var refused in answers.Where(answer => answer.Id is null).Select(answer => answer.Body).Distinct().Take(5))
            report.Problems.Add(refused);
        foreach (var id in answers.Select(answer => answer.Id).OfType<string>())
            await ana.WaitForMessageAsync(message => message.MessageId == id, cancellationToken).WaitAsync(Patience, cancellationToken);
        report.Add(count, answered, clock.Elapsed.TotalSeconds, answers.Count(answer => answer.Status == 200), answers.Count(answer => answer.Status == 202),
            (gateway.CpuMs - cpu) / 1000, before, watch.Highest);
        report.Figures["bytes of one picture"] = photograph.Length;
        Check(report, network, ana, count, first.Id);
        return report;
    }

    private static void Check(Report report, SandboxNetwork network, VirtualPhone phone, int count, string? first)
    {
        var seen = phone.Messages.Count(message => message.MessageId != first);
        if (seen != count)
            report.Problems.Add($"{seen} pictures arrived, not {count}");
        if (network.Stats is { Violations: > 0 } violated)
            report.Problems.Add(string.Join("; ", violated.LastViolations));
    }

    private static async Task<(int Status, string? Id, string Body)> SendAsync(GatewayProcess gateway, string to, byte[] picture, int number, CancellationToken cancellationToken)
    {
        using var form = new MultipartFormDataContent { { new StringContent(to), "to" }, { new StringContent($"picture {number}"), "caption" }, { new ByteArrayContent(picture), "file", "photo.jpg" } };
        using var answer = await gateway.Http.PostAsync("/instances/load/sendImage", form, cancellationToken);
        var body = await answer.Content.ReadAsStringAsync(cancellationToken);
        return ((int)answer.StatusCode, answer.IsSuccessStatusCode ? JsonElement.Parse(body).GetProperty("messageId").GetString() : null, body);
    }

    private static byte[] Photograph(int width, int height)
    {
        using var bitmap = new SKBitmap(width, height);
        using (var canvas = new SKCanvas(bitmap))
        using (var noise = SKShader.CreatePerlinNoiseFractalNoise(0.02f, 0.03f, 4, 7))
        using (var paint = new SKPaint { Shader = noise })
            canvas.DrawRect(0, 0, width, height, paint);
        using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 85);
        return data.ToArray();
    }
}
