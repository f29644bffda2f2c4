using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime;
using WhatsApp.Silo.Cluster;

namespace WhatsApp.Grains.Tests.Placement;

/// <summary>The end of a silo that others have declared dead.</summary>
public sealed class LastWordsTests
{
    [Fact]
    public void One_line_says_why_and_the_exit_code_is_one()
    {
        using var output = new StringWriter();
        int? code = null;
        new LastWords(output, exit => code = exit).OnFatalException(this, "I have been told\nI am dead", null);

        Assert.Equal($"the silo ends, to be started again: I have been told I am dead{Environment.NewLine}", output.ToString());
        Assert.Equal(1, code);
    }

    [Fact]
    public void A_bug_is_told_in_full()
    {
        using var output = new StringWriter();
        new LastWords(output, static _ => { }).OnFatalException(this, null, new InvalidOperationException("bug"));
        Assert.Contains("System.InvalidOperationException: bug", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_silo_of_a_cluster_has_it_in_place_of_the_crash_of_Orleans()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
        {
            DisableDefaults = true,
        });
        foreach (var (name, value) in new[]
        {
            ("CLUSTER_MODE", "cluster"), ("REDIS", "redis://127.0.0.1:9"), ("POSTGRES", "postgres://a:b@127.0.0.1:9/c"), ("DATA_KEY", new string('0', 64)),
            ("DATA_DIR", Path.GetTempPath()), ("MINIO_ENDPOINT", "127.0.0.1:9"), ("MINIO_ACCESS_KEY", "a"), ("MINIO_SECRET_KEY", "b"), ("MINIO_BUCKET", "files"),
        })
            builder.Configuration[name] = value;
        builder.AddClusterSilo();
        Assert.Equal(typeof(LastWords), builder.Services.Last(service => service.ServiceType == typeof(IFatalErrorHandler)).ImplementationType);
    }
}
