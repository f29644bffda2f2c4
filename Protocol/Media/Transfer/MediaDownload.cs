using System.Net;
using System.Net.Http.Headers;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol.Media.Transfer;

/// <summary>
/// Fetches a file from the CDN (wire/05 §4): host after host, going on where a try broke off (<c>Range: bytes=N-</c>), decrypted and checked
/// as it comes. The file exists under its name only when every check has passed.
/// </summary>
/// <param name="http">Sends the requests; must not follow redirects, and must guard against private addresses (a sender can name the host).</param>
/// <param name="connections">Hosts; null or failing = the public ones.</param>
/// <param name="options">Limits.</param>
/// <param name="time">Clock.</param>
public sealed class MediaDownload(HttpMessageInvoker http, IMediaConnectionSource? connections, MediaTransferOptions options, TimeProvider time)
{
    private static readonly TimeSpan FreshConnection = TimeSpan.FromMinutes(5);

    private long _lastRefresh = long.MinValue;

    /// <summary>Downloads to <paramref name="path"/>.</summary>
    /// <param name="media">What to fetch.</param>
    /// <param name="path">Where the plaintext goes; its folder must exist.</param>
    /// <param name="cancellationToken">Ends the download; nothing is left.</param>
    public async Task<DownloadOutcome> DownloadAsync(MediaDescriptor media, string path, CancellationToken cancellationToken)
    {
        if (Refusal(media) is { } refusal)
            return refusal;
        using var total = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var limit = TransferClock.Total(options, time);
        using var link = limit.Token.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), total);
        using var receiver = new MediaReceiver(media, path);
        try
        {
            var connection = await ConnectionAsync(media, cancellationToken);
            var outcome = await FromHostsAsync(media, connection, receiver, total, cancellationToken);
            if (connection is not null && IsRefused(outcome) && MayRefresh() && await RefreshedAsync(connection, cancellationToken) is { } newer)
                outcome = await FromHostsAsync(media, newer, receiver, total, cancellationToken);
            return outcome;
        }
        catch (MediaDamagedException damaged)
        {
            return new MediaDamaged(damaged.Damage);
        }
    }

    private DownloadOutcome? Refusal(MediaDescriptor media)
    {
        if (media.FileLength > options.MaxDownload)
            return new MediaTooLarge(options.MaxDownload);
        if (media.MediaKey is { Length: not MediaKeys.MediaKeySize })
            return new MediaUnusable("the media key does not have 32 bytes");
        if (media.MediaKey is null && media.FileSha256 is null)
            return new MediaUnusable("neither a key nor a hash");
        return media.DirectPath is null && DownloadAddress.OfUrl(media.Url) is null ? new MediaUnusable("no address") : null;
    }

    private async Task<DownloadOutcome> FromHostsAsync(
        MediaDescriptor media, MediaConnection? connection, MediaReceiver receiver, CancellationTokenSource total, CancellationToken cancellationToken)
    {
        DownloadOutcome outcome = new MediaUnreachable(null);
        foreach (var address in Addresses(media, connection))
            for (var attempt = 1; attempt <= options.DownloadTries && !total.IsCancellationRequested; attempt++)
            {
                var answer = await TryAsync(address, receiver, total, cancellationToken);
                if (answer.Outcome is not MediaUnreachable)
                    return answer.Outcome;
                outcome = answer.Outcome;
                if (!answer.TryAgain)
                    break;
                if (attempt < options.DownloadTries)
                    await Task.Delay(answer.Wait ?? options.RetryDelay * attempt, time, cancellationToken);
            }
        return outcome;
    }

    private IEnumerable<Uri> Addresses(MediaDescriptor media, MediaConnection? connection)
    {
        if (media.DirectPath is { } directPath)
            return (connection?.Hosts ?? options.PublicHosts).Select(host => DownloadAddress.Of(host, directPath)).OfType<Uri>();
        return DownloadAddress.OfUrl(media.Url) is { } url ? [url] : [];
    }

    private async Task<Answer> TryAsync(Uri address, MediaReceiver receiver, CancellationTokenSource total, CancellationToken cancellationToken)
    {
        using var clock = TransferClock.ForTry(options, total, time);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (receiver.Received > 0)
            request.Headers.Range = new RangeHeaderValue(receiver.Received, null);
        HttpResponseMessage response;
        try
        {
            response = await MediaHttp.SendAsync(http, request, options, clock.Token);
        }
        catch (Exception exception) when (MediaHttp.IsNetwork(exception, cancellationToken))
        {
            return new Answer(new MediaUnreachable(null), TryAgain: true);
        }
        using (response)
            return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent
                ? await ReceiveAsync(response, receiver, clock, cancellationToken)
                : Judge(response);
    }

    private async Task<Answer> ReceiveAsync(HttpResponseMessage response, MediaReceiver receiver, TransferClock clock, CancellationToken cancellationToken)
    {
        // A host may ignore the range and send the whole file: what is known already is passed over. The hashes judge the result.
        var from = response.StatusCode == HttpStatusCode.PartialContent ? response.Content.Headers.ContentRange?.From ?? 0 : 0;
        var known = receiver.Received - from;
        if (known < 0)
            return new Answer(new MediaUnreachable((int)response.StatusCode), TryAgain: false);
        if (from + response.Content.Headers.ContentLength > options.MaxDownload)
            return new Answer(new MediaTooLarge(options.MaxDownload));
        Stream body;
        try
        {
            body = await response.Content.ReadAsStreamAsync(clock.Token);
        }
        catch (Exception exception) when (MediaHttp.IsNetwork(exception, cancellationToken))
        {
            return new Answer(new MediaUnreachable(null), TryAgain: true);
        }
        await using (body)
            while (true)
            {
                int read;
                try
                {
                    read = await body.ReadAsync(receiver.Space, clock.Token);
                }
                catch (Exception exception) when (MediaHttp.IsNetwork(exception, cancellationToken))
                {
                    return new Answer(new MediaUnreachable(null), TryAgain: true);
                }
                if (read == 0)
                    return new Answer(await receiver.FinishAsync(cancellationToken));
                clock.Moved(read);
                var passed = (int)Math.Min(known, read);
                known -= passed;
                if (receiver.Received + read - passed > options.MaxDownload)
                    return new Answer(new MediaTooLarge(options.MaxDownload));
                await receiver.TakeAsync(passed, read - passed, cancellationToken);
            }
    }

    private Answer Judge(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        return status switch
        {
            403 or 404 or 410 => new Answer(new MediaGone(status)),
            429 or >= 500 => new Answer(new MediaUnreachable(status), TryAgain: true, RetryAfter(response)),
            _ => new Answer(new MediaUnreachable(status), TryAgain: false),
        };
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var after = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return after is { } wait ? TimeSpan.FromTicks(Math.Clamp(wait.Ticks, 0, options.MaxRetryAfter.Ticks)) : null;
    }

    private static bool IsRefused(DownloadOutcome outcome) => outcome is MediaGone or MediaUnreachable { Status: 401 };

    // Old messages bring many 404s: the server is not asked for a new connection for each of them.
    private bool MayRefresh()
    {
        var (now, last) = (time.GetUtcNow().UtcTicks, Interlocked.Read(ref _lastRefresh));
        return (last == long.MinValue || now - last >= FreshConnection.Ticks) && Interlocked.CompareExchange(ref _lastRefresh, now, last) == last;
    }

    private async Task<MediaConnection?> ConnectionAsync(MediaDescriptor media, CancellationToken cancellationToken) =>
        media.DirectPath is null || connections is null ? null : await OrNullAsync(connections.GetAsync(cancellationToken));

    private Task<MediaConnection?> RefreshedAsync(MediaConnection refused, CancellationToken cancellationToken) =>
        OrNullAsync(connections!.RefreshAsync(refused, cancellationToken));

    // Downloads need no token: without a connection the public hosts do.
    private static async Task<MediaConnection?> OrNullAsync(Task<MediaConnection> connection)
    {
        try
        {
            return await connection;
        }
        catch (Exception exception) when (exception is MediaConnectionException or LinkClosedException or IqErrorException or TimeoutException)
        {
            return null;
        }
    }

    private sealed record Answer(DownloadOutcome Outcome, bool TryAgain = false, TimeSpan? Wait = null);
}
