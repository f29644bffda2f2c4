using StackExchange.Redis;
using WhatsApp.Grains.Abstractions;

namespace WhatsApp.Silo.Cluster;

/// <summary>Asks Redis before anything relies on it: a wrong address stops the start with one line. It may be starting too, so it is asked for a while.</summary>
internal sealed class RedisCheck(ClusterOptions options, TimeProvider time) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private volatile bool _hasFailed;

    /// <summary>True once the start has failed for it.</summary>
    public bool HasFailed => _hasFailed;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await AskAsync(cancellationToken);
        }
        catch (BadConfigurationException)
        {
            _hasFailed = true;
            throw;
        }
    }

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        var redis = options.Redis.Clone();
        redis.ConnectTimeout = 2000;
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis);
        var since = time.GetTimestamp();
        while (true)
        {
            try
            {
                await connection.GetDatabase().PingAsync().WaitAsync(cancellationToken);
                return;
            }
            catch (RedisServerException refused)
            {
                throw new BadConfigurationException($"REDIS {Where()} refuses us: {refused.Message.ReplaceLineEndings(" ")}", refused);
            }
            catch (Exception error) when (error is RedisException or TimeoutException)
            {
                if (time.GetElapsedTime(since) > Patience)
                    throw new BadConfigurationException($"REDIS {Where()} cannot be reached", error);
            }
            await Task.Delay(TimeSpan.FromMilliseconds(250), time, cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private string Where() => string.Join(',', options.Redis.EndPoints.Select(point => point is System.Net.DnsEndPoint dns ? $"{dns.Host}:{dns.Port}" : point.ToString()));
}
