using System.Globalization;
using WhatsApp.Silo;

namespace WhatsApp.Deploy.Tests;

/// <summary>compose.yml and docker-stack.yml, without an engine: read strictly, and held against the product.</summary>
public sealed class ComposeTests
{
    private static readonly string[] Secrets = ["DATA_KEY", "API_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "MINIO_SECRET_KEY"];
    private static readonly string[] Stores = ["redis", "postgres", "minio"];
    private static readonly ComposeFile Compose = new("deploy/docker/compose.yml", isStack: false);
    private static readonly ComposeFile Stack = new("deploy/swarm/docker-stack.yml", isStack: true);

    public static TheoryData<string> Both => ["compose", "stack"];

    private static ComposeFile File(string name) => name == "compose" ? Compose : Stack;

    [Theory, MemberData(nameof(Both))]
    public void Every_key_is_known(string name) => Assert.Empty(File(name).UnknownKeys());

    [Fact]
    public void An_unknown_key_would_be_found()
    {
        var file = new ComposeFile("deploy/docker/compose.yml", isStack: false);
        file.Services["silo"]["stop_grace_periode"] = "60s";
        file.Services["silo"].Map("deploy")["replica"] = "3";

        Assert.Equal(["silo.stop_grace_periode", "silo.deploy.replica", "silo.deploy.replica"], file.UnknownKeys());
    }

    [Fact]
    public void A_key_that_is_there_twice_is_an_error() =>
        Assert.ThrowsAny<YamlDotNet.Core.YamlException>(() => Yaml.Parse("services:\n  silo: {image: a}\n  silo: {image: b}\n"));

    [Theory, MemberData(nameof(Both))]
    public void Every_image_has_a_tag_that_says_which(string name) =>
        Assert.All(File(name).Services.Values, service => Assert.True(ImageName.IsPinned(service.Text("image")!), service.Text("image")));

    [Theory, MemberData(nameof(Both))]
    public void The_programs_are_told_only_settings_they_read(string name)
    {
        foreach (var program in File(name).Programs)
            Assert.All(program.Map("environment").Keys, setting => Assert.True(Repository.IsSetting(setting), setting));
        Assert.False(Repository.IsSetting("MINIO_ENDPIONT"));
    }

    [Theory, MemberData(nameof(Both))]
    public void The_programs_are_told_what_a_cluster_needs(string name)
    {
        string[] all = ["CLUSTER_MODE", "REDIS", "DATA_KEY", "BASE_URL", "MINIO_ENDPOINT", "MINIO_ACCESS_KEY", "MINIO_SECRET_KEY", "MINIO_BUCKET", "MINIO_PUBLIC_URL"];
        Assert.All(File(name).Programs, program => Assert.Subset(program.Map("environment").Keys.ToHashSet(), all.ToHashSet()));
        Assert.Contains("POSTGRES", File(name).Services["silo"].Map("environment").Keys);
        Assert.Contains("API_KEY", File(name).Services["gateway"].Map("environment").Keys);
        Assert.DoesNotContain("POSTGRES", File(name).Services["gateway"].Map("environment").Keys);
    }

    [Theory, MemberData(nameof(Both))]
    public void The_programs_can_be_given_a_key_for_their_metrics_and_start_without_it(string name)
    {
        Assert.All(File(name).Programs, program => Assert.Equal("${METRICS_KEY:-}", program.Map("environment").Text("METRICS_KEY")));
        Assert.Equal("", File(name).Example["METRICS_KEY"]);
        Assert.Null(WhatsApp.Grains.Abstractions.Security.ConfiguredKey.Checked("METRICS_KEY", ""));
    }

    [Theory, MemberData(nameof(Both))]
    public void A_missing_secret_stops_with_its_name_and_none_has_a_default(string name)
    {
        var secrets = File(name).Variables.Where(variable => Secrets.Contains(variable.Name)).ToList();

        Assert.Superset(Secrets.ToHashSet(), secrets.Select(secret => secret.Name).ToHashSet());
        Assert.All(secrets, secret => Assert.StartsWith($":?set {secret.Name}", secret.Form, StringComparison.Ordinal));
        Assert.All(Secrets, secret => Assert.Equal("", File(name).Example[secret]));
    }

    [Theory, MemberData(nameof(Both))]
    public void The_example_has_exactly_the_names_that_are_asked_for(string name)
    {
        // STORES_ON stands there as a comment: only some need it.
        var asked = File(name).Variables.Select(variable => variable.Name).Where(variable => variable != "STORES_ON").Distinct().Order(StringComparer.Ordinal);

        Assert.Equal(asked, File(name).Example.Keys.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Both))]
    public void The_programs_get_longer_to_end_than_they_take(string name) => Assert.All(File(name).Programs, program =>
        Assert.True(int.Parse(program.Text("stop_grace_period")!.TrimEnd('s'), CultureInfo.InvariantCulture) > SiloParts.ShutdownTimeout.TotalSeconds + 10));

    [Theory, MemberData(nameof(Both))]
    public void The_programs_have_file_descriptors_and_write_only_where_they_may(string name) => Assert.All(File(name).Programs, program =>
    {
        Assert.Equal("65536", program.Map("ulimits").Text("nofile"));
        Assert.Equal("true", program.Text("read_only"));
        Assert.Equal(["ALL"], program.Texts("cap_drop"));
    });

    [Theory, MemberData(nameof(Both))]
    public void Stores_keep_their_data_are_watched_and_published_nowhere(string name)
    {
        foreach (var (_, store) in File(name).Services.Where(service => Stores.Contains(service.Key)))
        {
            Assert.NotEmpty(store.Map("healthcheck").Texts("test"));
            Assert.DoesNotContain("ports", store.Keys);
            Assert.Contains(Assert.Single(store.Texts("volumes")).Split(':')[0], File(name).Root.Map("volumes").Keys);
        }
        Assert.Equal(["front"], File(name).Services.Where(service => service.Value.ContainsKey("ports")).Select(service => service.Key));
        var redis = File(name).Services["redis"].Texts("command");
        Assert.Equal("yes", redis[redis.IndexOf("--appendonly") + 1]);
        Assert.Equal("noeviction", redis[redis.IndexOf("--maxmemory-policy") + 1]);
    }

    [Theory, MemberData(nameof(Both))]
    public void Networks_are_declared(string name) =>
        Assert.All(File(name).Services.Values, service => Assert.Subset(File(name).Root.Map("networks").Keys.ToHashSet(), service.Texts("networks").ToHashSet()));

    [Theory, MemberData(nameof(Both))]
    public void There_are_three_silos_two_gateways_and_room_for_more(string name)
    {
        Assert.Equal("3", File(name).Services["silo"].Map("deploy").Text("replicas"));
        Assert.Equal("2", File(name).Services["gateway"].Map("deploy").Text("replicas"));
        // What only one container can have would stop the second one.
        string[] single = ["ports", "container_name", "hostname"];
        Assert.All(File(name).Programs, program => Assert.DoesNotContain(program.Keys, single.Contains));
    }

    [Fact]
    public void Compose_waits_for_what_is_needed()
    {
        foreach (var (name, service) in Compose.Services)
            Assert.All(service.Map("depends_on"), needed =>
            {
                Assert.True(Compose.Services.ContainsKey(needed.Key), $"{name} waits for {needed.Key}");
                Assert.Equal("service_healthy", Yaml.Map(needed.Value).Text("condition"));
            });
        Assert.Equal(Stores, Compose.Services["silo"].Map("depends_on").Keys);
        Assert.All(Compose.Programs, program =>
        {
            var build = program.Map("build");
            var context = Path.GetFullPath(Path.Combine(Repository.PathOf(Compose.Folder), build.Text("context")!));
            Assert.Equal(Repository.Root, context);
            Assert.True(System.IO.File.Exists(Path.Combine(context, build.Text("dockerfile")!)));
            Assert.Contains(DockerfileTests.File.Stages, stage => stage.Name == build.Text("target"));
        });
    }

    [Fact]
    public void The_stack_asks_for_the_founding_names()
    {
        string[] founding = ["MINIO_ENDPOINT", "MINIO_ACCESS_KEY", "MINIO_SECRET_KEY", "MINIO_BUCKET", "MINIO_PUBLIC_URL", "DOMAIN", "REGISTRY", "TAG"];

        Assert.Superset(founding.ToHashSet(), Stack.Example.Keys.ToHashSet());
        Assert.All(Stack.Variables.Where(variable => founding.Contains(variable.Name)), variable => Assert.StartsWith(":?", variable.Form, StringComparison.Ordinal));
    }

    [Fact]
    public void The_stack_is_updated_one_at_a_time_and_back_when_it_fails() => Assert.All(Stack.Services.Values, service =>
    {
        var update = service.Map("deploy").Map("update_config");
        Assert.Equal("1", update.Text("parallelism"));
        Assert.Equal("rollback", update.Text("failure_action"));
        // Two processes must never have one volume.
        Assert.Equal(service.TryGetValue("volumes", out var volumes) && ((List<object>)volumes).Any(volume => volume is string) ? "stop-first" : "start-first", update.Text("order"));
    });

    [Fact]
    public void Silos_of_the_stack_tell_each_other_their_address_in_its_own_network()
    {
        var silo = Stack.Services["silo"];
        var subnet = Yaml.Map(Assert.Single(Assert.IsType<List<object>>(Stack.Root.Map("networks").Map("cluster").Map("ipam")["config"]))).Text("subnet");

        Assert.Equal(subnet, silo.Map("environment").Text("SILO_ADDRESS"));
        Assert.Equal("dnsrr", silo.Map("deploy").Text("endpoint_mode"));
    }
}
