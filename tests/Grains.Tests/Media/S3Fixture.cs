using WhatsApp.Grains.Media;
using WhatsApp.Servers;

namespace WhatsApp.Grains.Tests.Media;

/// <summary>An S3 server for the tests of a class.</summary>
public sealed class S3Fixture : IAsyncLifetime
{
    private S3Server? _server;

    public async ValueTask InitializeAsync() => _server = await S3Server.StartAsync();

    /// <summary>How to reach a bucket of it.</summary>
    public S3Options Options(string bucket) => new(_server!.Address, S3Server.Key, S3Server.Key, bucket, _server.Address, "us-east-1");

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
