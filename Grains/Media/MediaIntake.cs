using System.Text.Json;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Media;
using WhatsApp.Grains.Outbound;

namespace WhatsApp.Grains.Media;

/// <summary>See <see cref="IMediaIntake"/>.</summary>
internal sealed class MediaIntake(IObjectStore store, OutboundGuard guard, MediaOptions options, TimeProvider time) : IMediaIntake, IDisposable
{
    /// <summary>Files of one send each.</summary>
    public const string Staging = "staging";
    /// <summary>Files for several sends: <c>uploads/INSTANCE/MEDIAID/file</c> and <c>…/facts</c>.</summary>
    public const string Uploads = "uploads";
    private const string Page = "text/html";
    private const int MaxName = 255;

    private readonly AddressFetch _fetch = new(guard, options, time);

    public MediaLimits Limits => options.Limits;

    public Task<StagedMedia> StageAsync(IntakeRules rules, Stream content, long? length, CancellationToken cancellationToken) =>
        PutAsync(rules, $"{Staging}/{rules.InstanceId}/{NewId()}", content, length, null, cancellationToken);

    public async Task<StagedMedia> FetchAsync(IntakeRules rules, string address, CancellationToken cancellationToken)
    {
        using var fetched = await _fetch.OpenAsync(rules, address, cancellationToken);
        var (response, last) = (fetched.Response, fetched.Address);
        var name = response.Content.Headers.ContentDisposition is { } disposition ? disposition.FileNameStar ?? disposition.FileName?.Trim('"') : null;
        name ??= Uri.UnescapeDataString(last.Segments[^1].TrimEnd('/'));
        try
        {
            return await PutAsync(rules with { FileName = rules.FileName ?? name, TakesPages = rules.TakesPages || IsPageName(name) },
                $"{Staging}/{rules.InstanceId}/{NewId()}", fetched.Content, response.Content.Headers.ContentLength, response.Content.Headers.ContentType?.MediaType, cancellationToken);
        }
        catch (SourceBrokenException)
        {
            throw MediaProblems.NotFetched(rules.Field, "the address broke off before the end of the file");
        }
        catch (TimeoutException)
        {
            throw MediaProblems.NotFetched(rules.Field, "the file comes too slowly");
        }
    }

    public async Task<KeptMedia> KeepAsync(IntakeRules rules, StagedMedia staged, CancellationToken cancellationToken)
    {
        var id = NewId();
        var folder = $"{Uploads}/{rules.InstanceId}/{id}";
        await using var stored = await store.OpenAsync(staged.Key, null, cancellationToken) ?? throw MediaProblems.NotFound(rules.Field);
        await store.PutAsync(folder + "/file", stored.Content, stored.Length, staged.Mimetype, cancellationToken);
        var kept = staged with { Key = folder + "/file", FileName = Name(rules.FileName), IsTemporary = false, ExpiresAt = time.GetUtcNow() + options.UploadLifetime };
        // What is written last makes it one.
        using var facts = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(kept));
        await store.PutAsync(folder + "/facts", facts, facts.Length, "application/json", cancellationToken);
        return new KeptMedia(id, kept);
    }

    public async Task<StagedMedia> FindAsync(IntakeRules rules, string mediaId, CancellationToken cancellationToken)
    {
        var key = $"{Uploads}/{rules.InstanceId}/{mediaId}/facts";
        if (mediaId.Contains('/', StringComparison.Ordinal) || !ObjectKey.IsValid(key) || await store.OpenAsync(key, null, cancellationToken) is not { } facts)
            throw MediaProblems.NotFound(rules.Field);
        await using (facts)
        {
            var kept = await JsonSerializer.DeserializeAsync<StagedMedia>(facts.Content, cancellationToken: cancellationToken);
            if (kept is null || kept.ExpiresAt <= time.GetUtcNow())
                throw MediaProblems.NotFound(rules.Field);
            return kept.Length <= rules.MaxLength ? kept : throw MediaProblems.TooLarge(rules.Field, rules.MaxLength);
        }
    }

    public async Task DiscardAsync(StagedMedia media)
    {
        if (media.IsTemporary)
            await store.DeleteAsync(media.Key, CancellationToken.None);
    }

    public void Dispose() => _fetch.Dispose();

    private async Task<StagedMedia> PutAsync(
        IntakeRules rules, string key, Stream content, long? length, string? saidMimetype, CancellationToken cancellationToken)
    {
        if (length > rules.MaxLength)
            throw MediaProblems.TooLarge(rules.Field, rules.MaxLength);
        using var intake = new IntakeStream(content, rules.Field, rules.MaxLength);
        var mimetype = await intake.LookAsync(cancellationToken);
        if (rules is { Field: "url", TakesPages: false } && mimetype == Page)
            throw MediaProblems.NotFetched(rules.Field, "the address gives a web page, not the file");
        await store.PutAsync(key, intake, length, mimetype, cancellationToken);
        return new StagedMedia(key, intake.Count, mimetype, intake.Sha256()) { FileName = Name(rules.FileName) };
    }

    private static bool IsPageName(string name) => name.EndsWith(".html", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".htm", StringComparison.OrdinalIgnoreCase);

    // A name, not a path, and nothing that breaks a line.
    private static string? Name(string? given)
    {
        var name = new string([.. (given ?? "").Where(c => !char.IsControl(c))]);
        name = name[(name.LastIndexOfAny(['/', '\\']) + 1)..].Trim();
        return name.Length == 0 ? null : name.Length <= MaxName ? name : name[^MaxName..];
    }

    private string NewId() => Ulid.New(time.GetUtcNow().ToUnixTimeMilliseconds());
}
