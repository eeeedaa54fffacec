"""How pages are run: what holds for the whole process, whatever is edited while it runs."""

from streamlit import config

from ui.runs import run_one_after_the_other


def test_one_run_at_a_time_also_after_the_configuration_is_read_again():
    run_one_after_the_other()
    run_one_after_the_other()
    assert config.get_option("runner.fastReruns") is False
    config.get_config_options(force_reparse=True)
    assert config.get_option("runner.fastReruns") is False
